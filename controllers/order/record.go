package order

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
)

// UnsettledPrefix begins the names of the ConfigMaps that record Orders which went
// with their namespace before they were settled.
const UnsettledPrefix = "ordercycle-unsettled-"

// UnsettledKey is the key of the record, which is JSON, within such a ConfigMap.
const UnsettledKey = "order.json"

// Unsettled is what a person needs in order to settle an Order that is gone: no
// personal data but the channel's own reference.
type Unsettled struct {
	Namespace   string               `json:"namespace"`
	Name        string               `json:"name"`
	UID         string               `json:"uid"`
	Channel     v1.Identifier        `json:"channel,omitempty"`
	ExternalRef string               `json:"externalRef,omitempty"`
	Currency    v1.Currency          `json:"currency"`
	Phase       v1.OrderPhase        `json:"phase"`
	Reason      string               `json:"reason"`
	Amounts     *v1.OrderAmounts     `json:"amounts,omitempty"`
	Payment     *v1.PaymentStatus    `json:"payment,omitempty"`
	Shipments   []v1.OrderShipment   `json:"shipments,omitempty"`
	Lines       []v1.OrderLineStatus `json:"lines,omitempty"`
	Conditions  []metav1.Condition   `json:"conditions,omitempty"`
}

// record writes down what is left open of an Order whose namespace is deleted, in
// the namespace of the manager, and tells of it there. The record of an earlier
// try may be older than what has come of a call since, so it is replaced.
func (r *Reconciler) record(ctx context.Context, f *lifecycle.Facts) error {
	o := f.Order
	left := Unsettled{
		Namespace: o.Namespace, Name: o.Name, UID: string(o.UID), Channel: o.Spec.Channel, ExternalRef: o.Spec.ExternalRef,
		Currency: o.Spec.Currency, Phase: o.Status.Phase, Reason: "the namespace was deleted before the order was settled",
		Amounts: o.Status.Amounts, Payment: o.Status.Payment, Shipments: o.Status.Shipments, Lines: o.Status.Lines, Conditions: o.Status.Conditions,
	}
	text, err := json.Marshal(left)
	if err != nil {
		return fmt.Errorf("encoding what is left open of the order: %w", err)
	}
	sum := sha256.Sum256([]byte(o.Namespace + "/" + o.Name + "/" + string(o.UID)))
	record := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: UnsettledPrefix + hex.EncodeToString(sum[:8])},
		Data:       map[string]string{UnsettledKey: string(text)},
	}
	err = r.Records.Create(ctx, record)
	if apierrors.IsAlreadyExists(err) {
		earlier := &corev1.ConfigMap{}
		if err = r.Live.Get(ctx, client.ObjectKeyFromObject(record), earlier); err == nil {
			record.ResourceVersion = earlier.ResourceVersion
			err = r.Records.Update(ctx, record)
		}
	}
	if err != nil {
		return fmt.Errorf("recording what is left open of the order: %w", err)
	}
	r.Recorder.Eventf(record, nil, corev1.EventTypeWarning, v1.ReasonUnsettled, "Reconcile",
		"an Order went with its namespace before it was settled; key %s says what is open", UnsettledKey)
	return nil
}
