// Package campaign plans, runs and reports what hack/gauntlet does: scenes in which
// one thing goes wrong, at every point at which it can.
package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
)

// Plan is a scene with what goes wrong in it.
type Plan struct {
	Scene  string        `json:"scene"`
	Faults []fault.Fault `json:"faults,omitempty"`
}

// ID names a plan by what it says.
func (p Plan) ID() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and numbers
	}
	sum := sha256.Sum256(text)
	return p.Scene + "-" + hex.EncodeToString(sum[:5])
}

func (p Plan) String() string {
	texts := make([]string, len(p.Faults))
	for i, f := range p.Faults {
		texts[i] = f.String()
	}
	return p.Scene + ": " + strings.Join(texts, ", then ")
}

// Learned is what a scene does when nothing goes wrong.
type Learned struct {
	Scene string `json:"scene"`
	// Writes are its writes, in order.
	Writes []string `json:"writes"`
	// Reads are those of its reads that ask the API server itself and come in every run.
	Reads []string `json:"reads"`
	// Sends are the calls to the provider that have an effect, in order, and LookUps the
	// number of the others, as in the run with the most of them.
	Sends   []v1.OperationKind `json:"sends"`
	LookUps int                `json:"lookUps"`
	// Carrier is how often a carrier had each kind of call, by the beginning of its points.
	Carrier map[string]int `json:"carrier,omitempty"`
	// Phases that an Order is in, in the order in which they were seen.
	Phases []string `json:"phases"`
	End    string   `json:"end"`
	// Unsteady are the points that come in some runs only: what happens at the same time
	// is counted together, or in several steps.
	Unsteady []string `json:"unsteady,omitempty"`
}

// comes says whether a point comes in every run of the scene.
func (l *Learned) comes(point string) bool { return !slices.Contains(l.Unsteady, point) }

// most is how many writes there were in any run, at most.
func (l *Learned) most() int {
	n := len(l.Writes)
	for _, point := range l.Unsteady {
		if isWrite(point) {
			n++
		}
	}
	return n
}

// Points of calls to the provider.
const (
	sendPrefix   = "send#"
	lookUpPrefix = "lookup#"
)

func sendPoint(n int) string   { return fmt.Sprint(sendPrefix, n+1) }
func lookUpPoint(n int) string { return fmt.Sprint(lookUpPrefix, n+1) }

// isRead says whether a point is a read of the API server.
func isRead(point string) bool {
	return strings.HasPrefix(point, "get ") || strings.HasPrefix(point, "list ")
}

// isCall says whether a point is a call to the payment provider or to a carrier.
func isCall(point string) bool {
	return strings.HasPrefix(point, sendPrefix) || strings.HasPrefix(point, lookUpPrefix) || isCarrierCall(point)
}

// isWrite says whether a point is a write to the API server.
func isWrite(point string) bool {
	return !isRead(point) && !isCall(point) && !strings.HasPrefix(point, phasePoint) && !strings.HasPrefix(point, stepPrefix)
}

// meet keeps what two runs have in common.
func (l *Learned) meet(other *Learned) {
	l.Writes = l.common(l.Writes, other.Writes, "")
	l.Reads = l.common(l.Reads, other.Reads, "")
	l.Phases = l.common(l.Phases, other.Phases, phasePoint)
	l.differ(len(l.Sends), len(other.Sends), sendPoint)
	if len(other.Sends) > len(l.Sends) {
		l.Sends = other.Sends
	}
	l.differ(l.LookUps, other.LookUps, lookUpPoint)
	l.LookUps = max(l.LookUps, other.LookUps)
	most := map[string]int{}
	for _, c := range carrierCalls {
		a, b := l.Carrier[c.point], other.Carrier[c.point]
		l.differ(a, b, c.at)
		if a+b > 0 {
			most[c.point] = max(a, b)
		}
	}
	l.Carrier = most
}

// differ notes the calls that one of two runs has and the other has not.
func (l *Learned) differ(a, b int, point func(int) string) {
	for n := min(a, b); n < max(a, b); n++ {
		if l.comes(point(n)) {
			l.Unsteady = append(l.Unsteady, point(n))
		}
	}
}

// common are the names that are in both lists; the others are unsteady.
func (l *Learned) common(a, b []string, prefix string) []string {
	var both []string
	for _, name := range slices.Concat(a, b) {
		point := prefix + name
		switch {
		case slices.Contains(a, name) && slices.Contains(b, name):
			if !slices.Contains(both, name) {
				both = append(both, name)
			}
		case l.comes(point):
			l.Unsteady = append(l.Unsteady, point)
		}
	}
	return both
}

// resources are those that a manager watches and that matter to a scene: Partners only
// where there are some, and classes nowhere, since an Order copies what it needs of its
// class.
func (l *Learned) resources() []string {
	all := []string{"orders", "shipments", "stockitems"}
	if slices.ContainsFunc(l.Writes, func(point string) bool { return ofResource(point, "partners") }) {
		all = append(all, "partners")
	}
	return all
}

var (
	// atEvents are the kinds that are tried at a write of an event.
	atEvents = []fault.Kind{fault.Refused, fault.Lost, fault.CrashBefore, fault.CrashAfter}
	// alikeAtWrites are the kinds for which no code asks: nothing has happened, as after a
	// 500, which is tried at every write. They are tried at the first write of each verb
	// and resource of a scene; the same goes for alikeAtReads at reads.
	alikeAtWrites = []fault.Kind{fault.Forbidden, fault.Invalid, fault.TooLarge}
	alikeAtReads  = []fault.Kind{fault.Refused, fault.TooMany}
	// atUnsteady are those that are tried at a write that comes now and then.
	atUnsteady = []fault.Kind{fault.Lost, fault.Conflict, fault.CrashBefore, fault.CrashAfter}
)

// withoutShipments are the phases in which an Order has none.
var withoutShipments = []string{string(v1.OrderReceived), string(v1.OrderOnHold), string(v1.OrderRejected)}

// atPhase are the kinds that do something in a phase.
func atPhase(phase string) []fault.Kind {
	return slices.DeleteFunc(fault.AtPhases(), func(k fault.Kind) bool {
		return k == fault.Orphaned && slices.Contains(withoutShipments, phase)
	})
}

// Enumerate lists every single fault of a scene: each kind at each write and read, in each
// phase and at each call to the provider. pruned is how many it leaves out because
// they do the same as another one, or nothing.
func Enumerate(l *Learned) (plans []Plan, pruned int) {
	s := scene.Named(l.Scene)
	add := func(f fault.Fault) {
		if s != nil && slices.Contains(s.Without, f.Kind) {
			pruned++
			return
		}
		plans = append(plans, Plan{l.Scene, []fault.Fault{f}})
	}
	first := map[string]bool{}
	// again says whether a kind is known of such a call by an earlier point of the scene.
	again := func(k fault.Kind, point string, alike []fault.Kind) bool {
		what := string(k) + " " + strings.Join(strings.Fields(point)[:2], " ")
		known := first[what] && slices.Contains(alike, k)
		first[what] = true
		return known
	}
	for _, point := range l.Writes {
		if strings.Contains(point, " events ") {
			// Nobody waits for an event, or reads it again: what matters is that it can
			// fail, and that the process can die at it.
			for _, k := range atEvents {
				add(fault.Fault{Kind: k, Point: point})
			}
			pruned += len(fault.AtWrites()) - len(atEvents) + len(fault.AtWatches())*len(l.resources())
			continue
		}
		for _, k := range fault.AtWrites() {
			if again(k, point, alikeAtWrites) {
				pruned++
				continue
			}
			add(fault.Fault{Kind: k, Point: point})
		}
		for _, k := range fault.AtWatches() {
			for _, resource := range l.resources() {
				// What is frozen from another write on is the same as from the next one of
				// the resource; the past is another at each write.
				if k == fault.Past || ofResource(point, resource) {
					add(fault.Fault{Kind: k, Point: point, Resource: resource})
				} else {
					pruned++
				}
			}
		}
	}
	for _, point := range l.Reads {
		for _, k := range fault.AtReads() {
			if again(k, point, alikeAtReads) {
				pruned++
				continue
			}
			add(fault.Fault{Kind: k, Point: point})
		}
	}
	for _, point := range l.Unsteady {
		var kinds []fault.Kind
		phase, ofPhase := strings.CutPrefix(point, phasePoint)
		switch {
		case ofPhase:
			kinds = atPhase(phase)
			pruned += len(fault.AtPhases()) - len(kinds)
		case isRead(point):
			kinds = []fault.Kind{fault.Unavailable}
			pruned += len(fault.AtReads()) - len(kinds)
		case isWrite(point):
			kinds = atUnsteady
			pruned += len(fault.AtWrites()) - len(kinds) + len(fault.AtWatches())*len(l.resources())
		}
		for _, k := range kinds {
			add(fault.Fault{Kind: k, Point: point})
		}
	}
	for _, phase := range l.Phases {
		kinds := atPhase(phase)
		pruned += len(fault.AtPhases()) - len(kinds)
		for _, k := range kinds {
			add(fault.Fault{Kind: k, Point: phasePoint + phase})
		}
	}
	if s != nil {
		for n := range s.Steps {
			for _, k := range fault.AtSteps() {
				for _, resource := range l.resources() {
					add(fault.Fault{Kind: k, Point: stepPoint(n), Resource: resource})
				}
			}
		}
	}
	for n, kind := range l.Sends {
		for _, k := range fault.AtSends() {
			if k == fault.Expired && kind != v1.OperationCapture && kind != v1.OperationVoid {
				pruned++ // it acts on nothing that could have lapsed
				continue
			}
			add(fault.Fault{Kind: k, Point: sendPoint(n)})
		}
	}
	for n := range l.LookUps {
		for _, k := range fault.AtLookUps() {
			add(fault.Fault{Kind: k, Point: lookUpPoint(n)})
		}
	}
	for _, c := range carrierCalls {
		for n := range l.Carrier[c.point] {
			for _, k := range c.kinds {
				add(fault.Fault{Kind: k, Point: c.at(n)})
			}
		}
	}
	return plans, pruned
}

// ofResource says whether a point is a write to a resource.
func ofResource(point, resource string) bool {
	written, _, _ := strings.Cut(strings.Fields(point)[1], "/")
	return written == resource
}

// slow are the scenes of the tiers whose runs take their time.
var slow = []string{"happy", "cancel-taken", "restock", "delete"}

// AtPlane lists the faults of the control plane: each kind in each phase of some scenes.
func AtPlane(l *Learned) []Plan {
	if !slices.Contains(slow, l.Scene) {
		return nil
	}
	return inPhases(l, fault.AtPlane())
}

// AtProcesses lists the faults of managers as processes: each kind in each phase of
// some scenes. A leader that stops is missed for as long as its lease lasts, so that
// each run takes its time.
func AtProcesses(l *Learned) []Plan {
	if !slices.Contains(slow, l.Scene) {
		return nil
	}
	return inPhases(l, fault.AtProcesses())
}

func inPhases(l *Learned, kinds []fault.Kind) []Plan {
	var plans []Plan
	for _, phase := range l.Phases {
		for _, k := range kinds {
			plans = append(plans, Plan{l.Scene, []fault.Fault{{Kind: k, Point: phasePoint + phase}}})
		}
	}
	return plans
}

// Recoveries lists the crashes in the recovery from a crash: before and after each
// write of the life that followed it.
func Recoveries(first Plan, writes []string) []Plan {
	var plans []Plan
	for _, point := range writes {
		for _, k := range []fault.Kind{fault.CrashBefore, fault.CrashAfter} {
			faults := append(slices.Clone(first.Faults), fault.Fault{Kind: k, Life: 1, Point: point})
			plans = append(plans, Plan{first.Scene, faults})
		}
	}
	return plans
}
