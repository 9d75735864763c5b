package v1alpha1_test

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

// TestFactsOfSeveralFieldManagersMerge states facts as the documentation asks
// for: by server-side apply, one field manager for each fact.
func TestFactsOfSeveralFieldManagersMerge(t *testing.T) {
	s := validShipment()
	s.Namespace, s.Name = newNamespace(t), "web-100045-s1"
	create(t.Context(), t, s)
	s.Status.Phase = v1alpha1.ShipmentReserved
	if err := api.Status().Update(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	state := func(manager string, spec map[string]any) error {
		return applySpec(t, s, "Shipment", manager, spec)
	}
	facts := func(name, id string) map[string]any {
		return map[string]any{"facts": map[string]any{name: map[string]any{"id": id, "at": "2026-03-01T09:00:00Z"}}}
	}
	event := func(id, kind string) map[string]any {
		return map[string]any{"events": []any{map[string]any{"id": id, "type": kind, "at": "2026-03-01T10:00:00Z"}}}
	}
	for _, step := range []struct {
		manager string
		spec    map[string]any
	}{
		{"warehouse-p1", facts("picked", "p1")},
		{"warehouse-d1", facts("dispatched", "d1")},
		{"carrier-e1", event("e1", "Accepted")},
		{"carrier-e2", event("e2", "Delivered")},
		{"carrier-e1", event("e1", "Accepted")}, // again, as a pipeline does
	} {
		if err := state(step.manager, step.spec); err != nil {
			t.Fatalf("%s: %v", step.manager, err)
		}
	}
	if err := api.Get(t.Context(), client.ObjectKeyFromObject(s), s); err != nil {
		t.Fatal(err)
	}
	if s.Spec.Facts.Picked == nil || s.Spec.Facts.Dispatched == nil {
		t.Errorf("facts are %+v, want picked and dispatched", s.Spec.Facts)
	}
	var ids []string
	for _, e := range s.Spec.Events {
		ids = append(ids, string(e.ID))
	}
	if want := []string{"e1", "e2"}; !slices.Equal(ids, want) {
		t.Errorf("events are %v, want %v", ids, want)
	}

	t.Run("one manager for two facts takes the first one back, which is refused", func(t *testing.T) {
		eventRemoved.judge(t, state("carrier-e1", event("e3", "Correction")))
	})
	t.Run("a fact of another manager cannot be changed", func(t *testing.T) {
		refusal{"spec.events[0]", "an event cannot be changed"}.judge(t, state("carrier-e9", event("e1", "Lost")))
	})
}

// TestMoneyAndAnswersOfSeveralFieldManagersMerge does the same for an Order.
func TestMoneyAndAnswersOfSeveralFieldManagersMerge(t *testing.T) {
	o := validOrder()
	o.Namespace, o.Name = newNamespace(t), "web-100045"
	create(t.Context(), t, o)
	asks("shortage")(o)
	if err := api.Status().Update(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	payment := func(id string, amount int64) map[string]any {
		return map[string]any{"payment": map[string]any{"received": []any{
			map[string]any{"id": id, "amount": amount, "at": "2026-03-01T09:00:00Z"}}}}
	}
	answer := map[string]any{"answers": []any{map[string]any{"question": "shortage", "choice": "Wait"}}}
	for manager, spec := range map[string]map[string]any{
		"finance-r1":        payment("r1", 4000),
		"finance-r2":        payment("r2", 640),
		"customer-shortage": answer,
	} {
		if err := applySpec(t, o, "Order", manager, spec); err != nil {
			t.Fatalf("%s: %v", manager, err)
		}
	}
	if err := api.Get(t.Context(), client.ObjectKeyFromObject(o), o); err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, r := range o.Spec.Payment.Received {
		sum += r.Amount
	}
	if len(o.Spec.Payment.Received) != 2 || sum != 4640 || len(o.Spec.Answers) != 1 {
		t.Errorf("got payments %v and answers %v, want two payments of 4640 in all and one answer", o.Spec.Payment.Received, o.Spec.Answers)
	}
}

// applySpec is a server-side apply of some fields of a spec, as a manifest that
// names only these would be.
func applySpec(t *testing.T, to client.Object, kind, manager string, spec map[string]any) error {
	t.Helper()
	object := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	object.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind(kind))
	object.SetNamespace(to.GetNamespace())
	object.SetName(to.GetName())
	return api.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(manager), client.ForceOwnership)
}

// TestFieldSelectors lists objects by each of the selectable fields.
func TestFieldSelectors(t *testing.T) {
	namespace := newNamespace(t)
	for _, customer := range []v1alpha1.Identifier{"ada", "bo"} {
		o := validOrder()
		o.Namespace, o.Name, o.Spec.Customer.ID = namespace, "of-"+string(customer), customer
		create(t.Context(), t, o)
		s := validShipment()
		s.Namespace, s.Name, s.Spec.OrderName = namespace, o.Name+"-s1", v1alpha1.ObjectName(o.Name)
		create(t.Context(), t, s)
		if customer == "bo" {
			o.Status.Phase, s.Status.Phase = v1alpha1.OrderBackordered, v1alpha1.ShipmentPacked
			for _, object := range []client.Object{o, s} {
				if err := api.Status().Update(t.Context(), object); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for name, tc := range map[string]struct {
		kind     string
		selector client.MatchingFields
		want     string
	}{
		"orders of a customer":  {"OrderList", client.MatchingFields{"spec.customer.id": "ada"}, "of-ada"},
		"orders in a phase":     {"OrderList", client.MatchingFields{"status.phase": "Backordered"}, "of-bo"},
		"shipments of an order": {"ShipmentList", client.MatchingFields{"spec.orderName": "of-ada"}, "of-ada-s1"},
		"shipments in a phase":  {"ShipmentList", client.MatchingFields{"status.phase": "Packed"}, "of-bo-s1"},
	} {
		t.Run(name, func(t *testing.T) {
			list := &unstructured.UnstructuredList{}
			list.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind(tc.kind))
			if err := api.List(t.Context(), list, client.InNamespace(namespace), tc.selector); err != nil {
				t.Fatal(err)
			}
			if len(list.Items) != 1 || list.Items[0].GetName() != tc.want {
				t.Errorf("got %d objects, want %s alone", len(list.Items), tc.want)
			}
		})
	}
}
