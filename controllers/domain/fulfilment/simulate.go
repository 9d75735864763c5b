package fulfilment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/routing"
)

// Simulated is the facts and events that a simulated warehouse and carrier have
// stated, and state now.
type Simulated struct {
	Facts  v1.WarehouseFacts
	Events []v1.CarrierEvent
	// Due says that something new is to be stated now.
	Due bool
	// Next is when the next fact is due; zero if none follows without an event.
	Next time.Time
}

// simulatedBy is who states simulated facts.
const simulatedBy = "simulated"

// Simulate says what a simulated warehouse and carrier state of a Shipment by
// now: one step after the other, each a set time after the one before. Units that
// the Order does not want any more are put back once they were picked.
func Simulate(f *Facts, p *v1.PolicySnapshot, now time.Time) Simulated {
	s, o := f.Shipment, f.Order
	sim := Simulated{Facts: *s.Spec.Facts.DeepCopy(), Events: s.Spec.Events}
	if p == nil || (o != nil && o.Spec.Management == v1.ManagementPaused) || s.Status.CancelledAt != nil || s.Status.ReservedAt == nil {
		return sim
	}
	if s.Spec.Facts.Dispatched == nil {
		if p.Warehouse.Type == v1.WarehouseSimulated && s.Spec.Hold == "" && !unrouted(f, &s.Status) {
			sim.warehouse(f, seconds(p.Warehouse.StepSeconds), now)
		}
		return sim
	}
	sim.carry(s, f.scans(p), now)
	return sim
}

// seconds is a step of a policy; the API server fills in 1 where none is stated.
func seconds(n *int32) time.Duration {
	if n == nil {
		return time.Second
	}
	return time.Duration(*n) * time.Second
}

func (sim *Simulated) warehouse(facts *Facts, apart time.Duration, now time.Time) {
	s, f := facts.Shipment, &sim.Facts
	// Units that were put back are cancelled, whatever becomes of the Order.
	unwanted := facts.unwanted() != "" || f.PutBack != nil
	last := s.Status.ReservedAt.Time
	for _, step := range []struct {
		stated *metav1.Time
		skip   bool
		state  func(v1.ActorFact)
		id     v1.Identifier
	}{
		{pickedAt(f), unwanted, func(a v1.ActorFact) { f.Picked = &v1.PickedFact{ID: a.ID, By: a.By, At: a.At} }, "sim-picked"},
		{statedAt(f.Packed), unwanted, func(a v1.ActorFact) { f.Packed = &a }, "sim-packed"},
		{statedAt(f.PutBack), !unwanted || !picked(s), func(a v1.ActorFact) { f.PutBack = &a }, "sim-put-back"},
		{statedAt(f.Dispatched), unwanted || !facts.mayHandOver(), func(a v1.ActorFact) { f.Dispatched = &a }, "sim-dispatched"},
	} {
		if step.stated != nil {
			last = step.stated.Time
			continue
		}
		if step.skip {
			continue
		}
		if sim.wait(last, apart, now) {
			return
		}
		step.state(v1.ActorFact{ID: step.id, By: simulatedBy, At: metav1.NewTime(now).Rfc3339Copy()})
		return
	}
}

func statedAt(f *v1.ActorFact) *metav1.Time {
	if f == nil {
		return nil
	}
	return &f.At
}

func pickedAt(f *v1.WarehouseFacts) *metav1.Time {
	if f.Picked == nil {
		return nil
	}
	return &f.Picked.At
}

// simulatedScan is what a simulated carrier reports, a step after the one before.
type simulatedScan struct {
	id       v1.Identifier
	kind     v1.CarrierEventType
	location string
	apart    time.Duration
	// leg of the route that it is about; it comes only once the parcels have come there.
	leg int
}

// scans are what the simulated carriers of a Shipment report: one carrier for the whole
// way, or those Partners of its route that are simulated, with a scan at the end of each
// of their lanes.
func (f *Facts) scans(p *v1.PolicySnapshot) []simulatedScan {
	const accepted, out, delivered = "sim-accepted", "sim-out-for-delivery", "sim-delivered"
	if p.Carrier.Type == v1.CarrierSimulated {
		apart := seconds(p.Carrier.StepSeconds)
		return []simulatedScan{
			{accepted, v1.CarrierAccepted, "", apart, 0},
			{out, v1.CarrierOutForDelivery, "", apart, 0},
			{delivered, v1.CarrierDelivered, "", apart, 0},
		}
	}
	if p.Carrier.Type != v1.CarrierPartner {
		return nil
	}
	var scans []simulatedScan
	for i, l := range f.Shipment.Status.Route {
		adapter := f.Adapters[l.Partner]
		if adapter.Type != v1.AdapterSimulated {
			continue
		}
		apart := seconds(adapter.StepSeconds)
		if i == 0 {
			scans = append(scans, simulatedScan{accepted, v1.CarrierAccepted, "", apart, i})
		}
		if l.To != "" {
			scans = append(scans, simulatedScan{v1.Identifier(fmt.Sprintf("sim-arrived-%d", i+1)), v1.CarrierInTransit, string(l.To), apart, i})
		} else {
			scans = append(scans, simulatedScan{out, v1.CarrierOutForDelivery, "", apart, i}, simulatedScan{delivered, v1.CarrierDelivered, "", apart, i})
		}
	}
	return scans
}

func (sim *Simulated) carry(s *v1.Shipment, scans []simulatedScan, now time.Time) {
	last := s.Spec.Facts.Dispatched.At.Time
	at := routing.Where(legsOf(s.Status.Route), last, s.Spec.Events)
	for _, scan := range scans {
		if stated := eventTime(s, scan.id); stated != nil {
			last = stated.Time
			continue
		}
		if scan.leg > at.Leg {
			return // another carrier has the parcels
		}
		if scan.leg > 0 && at.Since.After(last) {
			last = at.Since
		}
		if sim.wait(last, scan.apart, now) {
			return
		}
		at := metav1.NewTime(now).Rfc3339Copy()
		sim.Events = append(slices.Clip(sim.Events), v1.CarrierEvent{ID: scan.id, Type: scan.kind, At: at, Location: scan.location})
		return
	}
}

// wait says whether it is too early for what comes a step after the last one, and
// notes when it is due. A wait that is longer than a step is none: the clock was set
// back.
func (sim *Simulated) wait(last time.Time, step time.Duration, now time.Time) bool {
	if due := last.Add(step); now.Before(due) && due.Sub(now) <= step {
		sim.Next = due
		return true
	}
	sim.Due = true
	return false
}

func eventTime(s *v1.Shipment, id v1.Identifier) *metav1.Time {
	for i := range s.Spec.Events {
		if s.Spec.Events[i].ID == id {
			return &s.Spec.Events[i].At
		}
	}
	return nil
}

// IsSimulated says whether a fact or event was stated by the simulation.
func IsSimulated(id v1.Identifier) bool { return strings.HasPrefix(string(id), "sim-") }
