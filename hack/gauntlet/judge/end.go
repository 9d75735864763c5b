package judge

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/history"
)

// End tells how a run has ended, without what may differ: times, names that are
// drawn, and into how many Shipments and calls an order was divided.
func End(versions []history.Version) string {
	latest := map[types.UID]client.Object{}
	for _, v := range versions {
		latest[v.Object.GetUID()] = v.Object
		if v.Gone {
			delete(latest, v.Object.GetUID())
		}
	}
	var lines []string
	for _, o := range latest {
		switch o := o.(type) {
		case *v1.Order:
			lines = append(lines, orderEnd(o))
		case *v1.StockItem:
			st := o.Status
			lines = append(lines, fmt.Sprintf("%s %d-%d-%d/%d", o.Name, st.OnHand, st.Reserved, st.Missing, len(st.Postings)))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func orderEnd(o *v1.Order) string {
	text := fmt.Sprintf("%s %s", o.Name, o.Status.Phase)
	if ready := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionReady); ready != nil {
		text += " " + ready.Reason
	}
	if a := o.Status.Amounts; a != nil {
		text += fmt.Sprintf(" held %d taken %d due %d", a.Authorized, a.Captured-a.Refunded, a.Due)
	}
	for _, l := range o.Status.Lines {
		text += fmt.Sprintf(" %s:%d-%d/%d", l.ID, l.Ordered, l.Cancelled, l.Delivered)
	}
	return text
}
