package simulation

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// A cache that lags may show a Shipment before the policy of its Order: when that comes,
// the Shipment is looked at again.
func TestPolicyThatComesLate(t *testing.T) {
	without, with := &v1.Order{}, &v1.Order{}
	with.Status.Policy = &v1.PolicySnapshot{}
	for name, test := range map[string]struct {
		before, after *v1.Order
		want          bool
	}{
		"it comes":      {without, with, true},
		"it was there":  {with, with, false},
		"it is to come": {without, without, false},
	} {
		if got := policyCame(event.UpdateEvent{ObjectOld: test.before, ObjectNew: test.after}); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
