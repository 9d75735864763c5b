package v1alpha1_test

import (
	"strings"
	"testing"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

type returnWrite = write[*v1alpha1.Return]

func validReturn() *v1alpha1.Return {
	return &v1alpha1.Return{Spec: v1alpha1.ReturnSpec{
		OrderName: "web-100045",
		Items:     []v1alpha1.ReturnItem{{Line: "1", Quantity: 2, Reason: "Damaged"}, {Line: "2", Quantity: 1, Reason: "Other"}},
		Received:  []v1alpha1.ReturnReceipt{{ID: "w1", Line: "1", Quantity: 1, Condition: "Damaged", At: &earlier}},
	}}
}

func TestReturnWrites(t *testing.T) { checkWrites(t, validReturn, returnWrites) }

var (
	returnItemsChanged = refusal{"spec.items", "items cannot be changed; make a new Return"}
	receptionRemoved   = refusal{"spec.received", "a reception cannot be removed; apply the complete list or use a field manager for each reception"}
)

var returnWrites = map[string]returnWrite{
	"the base is accepted": {},
	"a name of 63 characters is accepted": {
		create: func(r *v1alpha1.Return) { r.Name = strings.Repeat("r", 63) },
	},
	"a name of 64 characters is refused": {
		create:  func(r *v1alpha1.Return) { r.Name = strings.Repeat("r", 64) },
		refused: refusal{"metadata", "the name of a Return has at most 63 characters; choose a shorter name"},
	},
	"nothing cannot be returned": {
		create:  func(r *v1alpha1.Return) { r.Spec.Items[0].Quantity = 0 },
		refused: refusal{"spec.items[0].quantity", "should be greater than or equal to 1"},
	},
	"a line is returned in one item": {
		create:  func(r *v1alpha1.Return) { r.Spec.Items[1].Line = "1" },
		refused: refusal{"spec.items[1]", "Duplicate value"},
	},
	"a Return belongs to one Order": {
		update:  func(r *v1alpha1.Return) { r.Spec.OrderName = "other" },
		refused: refusal{"spec.orderName", "orderName cannot be changed; make a new Return"},
	},
	"a quantity cannot be changed": {
		update:  func(r *v1alpha1.Return) { r.Spec.Items[0].Quantity = 1 },
		refused: returnItemsChanged,
	},
	"a reason cannot be changed": {
		update:  func(r *v1alpha1.Return) { r.Spec.Items[0].Reason = "Defective" },
		refused: returnItemsChanged,
	},
	"an item cannot be dropped": {
		update:  func(r *v1alpha1.Return) { r.Spec.Items = r.Spec.Items[:1] },
		refused: returnItemsChanged,
	},
	"a wish cannot be changed": {
		update:  func(r *v1alpha1.Return) { r.Spec.Resolution = "Replace" },
		refused: refusal{"spec.resolution", "resolution cannot be changed; make a new Return"},
	},
	"a wish cannot be dropped, as it would become the default": {
		create:  func(r *v1alpha1.Return) { r.Spec.Resolution = "Replace" },
		update:  func(r *v1alpha1.Return) { r.Spec.Resolution = "" },
		refused: refusal{"spec.resolution", "resolution cannot be changed; make a new Return"},
	},
	"a reception can be added": {
		update: func(r *v1alpha1.Return) {
			r.Spec.Received = append(r.Spec.Received, v1alpha1.ReturnReceipt{ID: "w2", Line: "1", Quantity: 1, Condition: "Missing"})
		},
	},
	"a reception cannot be changed": {
		update:  func(r *v1alpha1.Return) { r.Spec.Received[0].Condition = "Sellable" },
		refused: refusal{"spec.received[0]", "a reception cannot be changed"},
	},
	"a reception cannot be renamed": {
		update:  func(r *v1alpha1.Return) { r.Spec.Received[0].ID = "w2" },
		refused: receptionRemoved,
	},
	"the list of receptions cannot be dropped": {
		update:  func(r *v1alpha1.Return) { r.Spec.Received = nil },
		refused: receptionRemoved,
	},
	"an approval can be given": {
		update: func(r *v1alpha1.Return) { r.Spec.Approval = &v1alpha1.Approval{Decision: v1alpha1.DecisionApprove} },
	},
}

func TestReturnDefaults(t *testing.T) {
	r := validReturn()
	r.Namespace, r.Name = newNamespace(t), "defaults"
	r.Status.Phase = "Completed" // not for the one who creates it to say
	create(t.Context(), t, r)

	want := validReturn().Spec
	want.Resolution, want.RefundMethod = "Refund", "Original"
	mustEqual(t, "spec", r.Spec, want)
	mustEqual(t, "status", r.Status, v1alpha1.ReturnStatus{ObservedGeneration: -1})
}
