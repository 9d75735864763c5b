package campaign

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ordercycle.dev/ordercycle/hack/testenv"
)

// search looks for secrets in what the managers have left in their own namespace, which
// all runs on a control plane share: events, and the ConfigMaps of what was not settled
// and of the simulated provider.
func (c *runs) search(ctx context.Context, env *testenv.Env) error {
	for _, list := range []client.ObjectList{&corev1.ConfigMapList{}, &eventsv1.EventList{}} {
		if err := env.Client.List(ctx, list, client.InNamespace(testenv.ManagerNamespace)); err != nil {
			return fmt.Errorf("listing what is in the namespace of the manager: %w", err)
		}
		err := meta.EachListItem(list, func(o runtime.Object) error {
			text, err := json.Marshal(o)
			if err != nil {
				return fmt.Errorf("encoding %T: %w", o, err)
			}
			for _, canary := range libraries.secrets() {
				if strings.Contains(string(text), canary) {
					c.note(fmt.Sprintf("%q is in %T of the namespace of the manager", canary, o))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *runs) note(found string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == nil {
		c.found = map[string]bool{}
	}
	c.found[found] = true
}
