package lifecycle

import (
	"math/bits"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// racer is one of two orders of a customer who may owe for one of them only. It is
// placed, its controller reads the other one, and writes what it concludes.
type racer struct {
	*shop
	placed bool
	step   int
}

func newRacer(t testing.TB, name string) *racer {
	c := class(v1.CaptureOnDispatch)
	c.Spec.CreditLimit = &v1.CreditLimit{Amount: 3999, Currency: "CNY"}
	r := &racer{shop: newShop(t, c, v1.PaymentCash, 2)}
	r.order().Name, r.order().UID = name, types.UID("uid-"+name)
	return r
}

func (r *racer) next(other *racer, now time.Time) {
	switch r.step++; r.step {
	case 1:
		r.placed = true
		r.order().CreationTimestamp = metav1.NewTime(now.Truncate(time.Second))
	case 2:
		r.now, r.facts.Peers = now, Peers{}
		if other.placed {
			r.facts.Peers = Compare(&r.facts, []Peer{{other.order().DeepCopy(), other.facts.Class}})
		}
		r.facts.Peers.Live = true
	default:
		r.look()
		r.step = 1
	}
}

// Two orders are placed and looked at in every interleaving, with less and with
// more than the grace of an arrival between two steps: one of them passes.
func TestTwoOrdersNeverPassTheLimitTogether(t *testing.T) {
	const steps = 6
	for turns := range uint(1 << steps) {
		if bits.OnesCount(turns) != steps/2 {
			continue
		}
		for waits := range 1 << steps {
			a, b := newRacer(t, "a"), newRacer(t, "b")
			now := noon
			for i := range steps {
				now = now.Add(50 * time.Millisecond)
				if waits>>i&1 == 1 {
					now = now.Add(arrivalGrace)
				}
				if turns>>i&1 == 0 {
					a.next(b, now)
				} else {
					b.next(a, now)
				}
			}
			for range 4 {
				now = now.Add(arrivalGrace)
				a.next(b, now)
				b.next(a, now)
			}
			if one, two := Confirmed(a.order()), Confirmed(b.order()); one == two {
				t.Fatalf("turns %b, waits %b: a is %s, b is %s", turns, waits, a.text(), b.text())
			}
		}
	}
}
