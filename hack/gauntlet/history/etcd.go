package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// read records the versions of a kind after a revision from etcd, until ctx ends: it
// has all of them, and the API server stores custom resources as JSON. It returns why
// it ended.
func (h *History) read(ctx context.Context, k kind, seen int64) error {
	c, err := clientv3.New(clientv3.Config{Context: ctx, Endpoints: []string{h.etcd}, Logger: zap.NewNop()})
	if err != nil {
		return fmt.Errorf("connecting to etcd: %w", err)
	}
	prefix := "/registry/" + v1.SchemeGroupVersion.Group + "/" + k.resource + "/" + h.namespace + "/"
	for answer := range c.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithPrevKV(), clientv3.WithRev(seen+1)) {
		if err := answer.Err(); err != nil {
			return errors.Join(fmt.Errorf("watching %s in etcd after revision %d: %w", k.resource, seen, err), c.Close())
		}
		for _, e := range answer.Events {
			o, err := k.decode(e)
			if err != nil {
				return errors.Join(fmt.Errorf("reading %s: %w", e.Kv.Key, err), c.Close())
			}
			seen = h.add(o, e.Type == clientv3.EventTypeDelete)
		}
	}
	return c.Close()
}

// decode is the object of an event as a watch of the API server shows it: one that is
// gone is as it was last, at the revision of its removal.
func (k kind) decode(e *clientv3.Event) (client.Object, error) {
	stored := e.Kv
	if e.Type == clientv3.EventTypeDelete {
		stored = e.PrevKv
	}
	o, ok := k.object.DeepCopyObject().(client.Object)
	if !ok {
		return nil, fmt.Errorf("%T is no object", k.object)
	}
	if err := json.Unmarshal(stored.Value, o); err != nil {
		return nil, err
	}
	o.SetResourceVersion(strconv.FormatInt(e.Kv.ModRevision, 10))
	return o, nil
}
