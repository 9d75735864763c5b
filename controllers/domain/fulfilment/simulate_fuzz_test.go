package fulfilment

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

// Whenever it is asked, and whatever people hold, pick, pack and want meanwhile: a
// simulation states one thing at a time, takes nothing back, states nothing twice, says
// when to ask again, and comes to an end.
func TestASimulationGoesOn(t *testing.T) { rapid.Check(t, simulationGoesOn) }

func FuzzSimulate(f *testing.F) { fuzz.Drawn(f, simulationGoesOn) }

func simulationGoesOn(t *rapid.T) {
	p := simulated()
	p.Warehouse.StepSeconds = new(rapid.Int32Range(0, 600).Draw(t, "warehouse's step"))
	p.Carrier.StepSeconds = new(rapid.Int32Range(0, 600).Draw(t, "carrier's step"))
	f := facts(shipment(1))
	f.OrderLive = true
	s, now := f.Shipment, at(0).Time
	project := func() { s.Status = *Project(f, now) }
	simulate := func(t *rapid.T) {
		before := s.Spec.DeepCopy()
		sim := Simulate(f, p, now)
		if diff := cmp.Diff(sim, Simulate(f, p, now)); diff != "" {
			t.Fatalf("asked again, it says something else:\n%s", diff)
		}
		if diff := cmp.Diff(*before, s.Spec); diff != "" {
			t.Fatalf("it changed what it was given:\n%s", diff)
		}
		had, has := stated(before.Facts, before.Events), stated(sim.Facts, sim.Events)
		added := slices.DeleteFunc(slices.Clone(has), func(id string) bool { return slices.Contains(had, id) })
		switch {
		case len(has)-len(had) != len(added):
			t.Fatalf("%v became %v", had, has)
		case sim.Due != (len(added) == 1) || len(added) > 1:
			t.Fatalf("due %t, and it states %v", sim.Due, added)
		case twice(has):
			t.Fatalf("it states something twice: %v", has)
		case sim.Due && !sim.Next.IsZero(), !sim.Next.IsZero() && !sim.Next.After(now):
			t.Fatalf("due %t, and again at %v; it is %v", sim.Due, sim.Next, now)
		}
		s.Spec.Facts, s.Spec.Events = sim.Facts, sim.Events
		if !sim.Next.IsZero() && rapid.Bool().Draw(t, "when it is due") {
			now = sim.Next
		}
		project()
	}
	project()
	t.Repeat(map[string]func(*rapid.T){
		"simulate": simulate,
		"time passes": func(t *rapid.T) {
			// Clocks are set back as well.
			now = now.Add(time.Duration(rapid.IntRange(-120, 900).Draw(t, "seconds")) * time.Second)
			project()
		},
		"people pick": func(t *rapid.T) {
			if s.Status.Phase != v1.ShipmentReserved {
				t.Skip("the API server refuses it")
			}
			s.Spec.Facts.Picked = &v1.PickedFact{ID: "p", By: "wh", At: metav1.NewTime(now)}
			project()
		},
		"people pack": func(t *rapid.T) {
			if s.Status.Phase != v1.ShipmentReserved && s.Status.Phase != v1.ShipmentPicking {
				t.Skip("the API server refuses it")
			}
			s.Spec.Facts.Packed = &v1.ActorFact{ID: "q", By: "wh", At: metav1.NewTime(now)}
			project()
		},
		"hold": func(t *rapid.T) {
			s.Spec.Hold = rapid.SampledFrom([]string{"", "wet"}).Draw(t, "hold")
			project()
		},
		"the order": func(t *rapid.T) {
			fresh := facts(s)
			f.Order, f.Items = fresh.Order, fresh.Items
			if change := rapid.SampledFrom([]func(*Facts){nil, cancelling, paused, ending}).Draw(t, "change"); change != nil {
				change(f)
			}
			project()
		},
	})
	// Undisturbed it ends: delivered, or put back and cancelled.
	fresh := facts(s)
	f.Order, f.Items, s.Spec.Hold = fresh.Order, fresh.Items, ""
	project()
	for range 20 {
		sim := Simulate(f, p, now)
		if !sim.Due && sim.Next.IsZero() {
			break
		}
		if s.Spec.Facts, s.Spec.Events = sim.Facts, sim.Events; !sim.Due {
			now = sim.Next
		}
		project()
	}
	if phase := s.Status.Phase; phase != v1.ShipmentDelivered && phase != v1.ShipmentCancelled {
		t.Fatalf("it ended %s, having stated %v", phase, stated(s.Spec.Facts, s.Spec.Events))
	}
}

// twice says whether two facts or events that are stated have one id.
func twice(stated []string) bool {
	seen := map[string]bool{}
	for _, s := range stated {
		id, _, _ := strings.Cut(s, "@")
		seen[id] = true
	}
	return len(seen) != len(stated)
}
