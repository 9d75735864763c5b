package controllers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv"
)

var env *testenv.Env

// scratch is a directory for the whole package.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "ordercycle-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := testenv.Run(m, func(e *testenv.Env) { env = e })
	if err := os.RemoveAll(scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// create creates objects, or fails the test.
func create(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, o := range objects {
		if err := env.Client.Create(t.Context(), o); err != nil {
			t.Fatalf("creating %T %s: %v", o, o.GetName(), err)
		}
	}
}

// get reads an object by the name of o, or fails the test.
func get[T client.Object](t *testing.T, o T) T {
	t.Helper()
	if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(o), o); err != nil {
		t.Fatalf("reading %T %s: %v", o, o.GetName(), err)
	}
	return o
}

// awaitOrder waits until check returns "" for the stored Order.
func awaitOrder(t *testing.T, o *v1.Order, check func(*v1.Order) string) {
	t.Helper()
	testenv.Eventually(t, func() string {
		get(t, o)
		if problem := check(o); problem != "" {
			return fmt.Sprintf("Order %s: %s; it is %s, %s", o.Name, problem, o.Status.Phase, readyText(o.Status.Conditions))
		}
		return ""
	})
}

func inPhase(want v1.OrderPhase) func(*v1.Order) string {
	return func(o *v1.Order) string {
		if o.Status.Phase != want {
			return "want phase " + string(want)
		}
		return ""
	}
}

// seen wants the last edit of an Order to be seen.
func seen(o *v1.Order) string {
	if o.Status.ObservedGeneration != o.Generation {
		return "want the edit to be seen"
	}
	return ""
}

// heldFor wants an Order OnHold (or Rejected) for a reason, with a message that
// names the field.
func heldFor(phase v1.OrderPhase, reason, field string) func(*v1.Order) string {
	return func(o *v1.Order) string {
		c := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionValidated)
		if o.Status.Phase != phase || c == nil || c.Reason != reason || len(c.Message) <= len(field) || c.Message[:len(field)] != field {
			return fmt.Sprintf("want %s for %s at %s, have %+v", phase, reason, field, c)
		}
		return ""
	}
}

func readyText(conditions []metav1.Condition) string {
	if c := meta.FindStatusCondition(conditions, v1.ConditionReady); c != nil {
		return fmt.Sprintf("Ready=%s %s: %s", c.Status, c.Reason, c.Message)
	}
	return "without Ready"
}

// awaitShipment waits until check returns "" for the stored Shipment.
func awaitShipment(t *testing.T, s *v1.Shipment, check func(*v1.Shipment) string) {
	t.Helper()
	testenv.Eventually(t, func() string {
		if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(s), s); err != nil {
			return err.Error()
		}
		if problem := check(s); problem != "" {
			return fmt.Sprintf("Shipment %s: %s; it is %s, %s", s.Name, problem, s.Status.Phase, readyText(s.Status.Conditions))
		}
		return ""
	})
}

func shipmentPhase(want v1.ShipmentPhase) func(*v1.Shipment) string {
	return func(s *v1.Shipment) string {
		if s.Status.Phase != want {
			return "want phase " + string(want)
		}
		return ""
	}
}

// awaitCounters waits until the counters of a StockItem are as wanted.
func awaitCounters(t *testing.T, item *v1.StockItem, onHand, reserved v1.Quantity) {
	t.Helper()
	testenv.Eventually(t, func() string {
		if st := get(t, item).Status; st.OnHand != onHand || st.Reserved != reserved {
			return fmt.Sprintf("StockItem %s: want onHand %d and reserved %d, have %d and %d", item.Name, onHand, reserved, st.OnHand, st.Reserved)
		}
		return ""
	})
}

// awaitStock waits until the counters of a StockItem are as wanted and every
// posting was acknowledged and dropped.
func awaitStock(t *testing.T, item *v1.StockItem, onHand, reserved v1.Quantity) {
	t.Helper()
	awaitCounters(t, item, onHand, reserved)
	testenv.Eventually(t, func() string {
		if open := len(get(t, item).Status.Postings); open > 0 {
			return fmt.Sprintf("StockItem %s has %d open postings", item.Name, open)
		}
		return ""
	})
}

// change edits an object as the administrator would, trying again on conflict.
func change[T client.Object](t *testing.T, o T, edit func(T)) {
	t.Helper()
	testenv.Eventually(t, func() string {
		get(t, o)
		before := o.DeepCopyObject().(client.Object)
		edit(o)
		if err := env.Client.Patch(context.Background(), o, client.MergeFrom(before)); err != nil {
			return err.Error()
		}
		return ""
	})
}

func shipment(o *v1.Order, n int) *v1.Shipment {
	s := &v1.Shipment{}
	s.Namespace, s.Name = o.Namespace, fmt.Sprintf("%s-s%d", o.Name, n)
	return s
}

// encodedSize is the size of an object as the API server stores it.
func encodedSize(o client.Object) int {
	text, err := json.Marshal(o)
	if err != nil {
		return 0
	}
	return len(text)
}
