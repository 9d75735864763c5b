package lifecycle

import (
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Note is an event to be told once: what people should look at. The normal
// steps are in the timeline and get no event, because each event is a write.
type Note struct {
	Warning         bool
	Reason, Message string
}

// Notes compares two statuses and lists what has newly come to need attention.
func Notes(before, after *v1.OrderStatus) []Note {
	var notes []Note
	told := func(conditionType string) *Note {
		now := meta.FindStatusCondition(after.Conditions, conditionType)
		old := meta.FindStatusCondition(before.Conditions, conditionType)
		if now == nil || (old != nil && old.Reason == now.Reason && old.Status == now.Status) {
			return nil
		}
		return &Note{Reason: now.Reason, Message: now.Message}
	}
	if n := told(v1.ConditionReady); n != nil {
		n.Warning = after.Phase == v1.OrderOnHold || meta.IsStatusConditionTrue(after.Conditions, v1.ConditionStalled)
		if n.Warning || n.Reason == v1.ReasonAwaitingStock || n.Reason == v1.ReasonAwaitingAnswer || n.Reason == v1.ReasonCancelled {
			notes = append(notes, *n)
		}
	}
	for _, c := range []string{v1.ConditionCancelRefused, v1.ConditionEditClamped, v1.ConditionShortage} {
		if n := told(c); n != nil && n.Reason != v1.ReasonAwaitingAnswer {
			n.Warning = true
			notes = append(notes, *n)
		}
	}
	return notes
}
