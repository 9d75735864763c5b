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
	// Sends are the calls to the provider that have an effect, in order, and LookUps the
	// number of the others.
	Sends   []v1.OperationKind `json:"sends"`
	LookUps int                `json:"lookUps"`
	// Phases that an Order is in, in the order in which they were seen.
	Phases []string `json:"phases"`
	End    string   `json:"end"`
	// Unsteady are the writes that come in some runs only: what happens at the same
	// time is counted together, or in several steps. They are no points of faults.
	Unsteady []string `json:"unsteady,omitempty"`
}

// meet keeps what two runs have in common.
func (l *Learned) meet(other *Learned) {
	var steady []string
	for _, p := range l.Writes {
		if slices.Contains(other.Writes, p) {
			steady = append(steady, p)
		} else {
			l.Unsteady = append(l.Unsteady, p)
		}
	}
	for _, p := range other.Writes {
		if !slices.Contains(l.Writes, p) && !slices.Contains(l.Unsteady, p) {
			l.Unsteady = append(l.Unsteady, p)
		}
	}
	l.Writes = steady
	l.Phases = slices.DeleteFunc(l.Phases, func(p string) bool { return !slices.Contains(other.Phases, p) })
	l.Sends, l.LookUps = l.Sends[:min(len(l.Sends), len(other.Sends))], min(l.LookUps, other.LookUps)
}

// watched are the resources that a manager watches.
var watched = []string{"orders", "shipments", "stockitems"}

// Enumerate lists every single fault of a scene: each kind at each write, in each
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
	for _, point := range l.Writes {
		if strings.Contains(point, " events ") {
			// Nobody waits for an event, or reads it again: what matters is that it can
			// fail, and that the process can die at it.
			some := []fault.Kind{fault.Refused, fault.Lost, fault.CrashBefore, fault.CrashAfter}
			for _, k := range some {
				add(fault.Fault{Kind: k, Point: point})
			}
			pruned += len(fault.AtWrites()) - len(some) + len(fault.AtWatches())*len(watched)
			continue
		}
		for _, k := range fault.AtWrites() {
			add(fault.Fault{Kind: k, Point: point})
		}
		for _, k := range fault.AtWatches() {
			for _, resource := range watched {
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
	for _, phase := range l.Phases {
		for _, k := range fault.AtPhases() {
			add(fault.Fault{Kind: k, Point: phasePoint + phase})
		}
	}
	for n, kind := range l.Sends {
		for _, k := range fault.AtSends() {
			if k == fault.Expired && kind != v1.OperationCapture && kind != v1.OperationVoid {
				pruned++ // it acts on nothing that could have lapsed
				continue
			}
			add(fault.Fault{Kind: k, Point: fmt.Sprintf("send#%d", n+1)})
		}
	}
	for n := range l.LookUps {
		for _, k := range fault.AtLookUps() {
			add(fault.Fault{Kind: k, Point: fmt.Sprintf("lookup#%d", n+1)})
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
	return inPhases(l, l.Phases, fault.AtPlane())
}

// AtProcesses lists the faults of managers as processes: each kind in each phase of
// some scenes. A leader that stops is missed for as long as its lease lasts, so that
// each run takes its time.
func AtProcesses(l *Learned) []Plan {
	if !slices.Contains(slow, l.Scene) {
		return nil
	}
	return inPhases(l, l.Phases, fault.AtProcesses())
}

func inPhases(l *Learned, phases []string, kinds []fault.Kind) []Plan {
	var plans []Plan
	for _, phase := range phases {
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
