package lifecycle

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/confirmation"
)

// hold finds out how long the order is held, and what the end of the hold does to
// the findings.
func (v *view) hold(f *Facts, now time.Time) {
	until := second(now).Add(holdLimit(f))
	if since := heldSince(f.Order); since != nil {
		until = since.Add(holdLimit(f))
	}
	v.holdUntil = &until
	// A call without an answer may have taken the money: the hold does not end before
	// the answer.
	unsendable := v.open != nil && v.open.Kind == v1.OperationAuthorize && f.TokenProblem != ""
	v.expired = (v.open == nil || unsendable) && !now.Before(until)
	v.proceeds = proceeds(f)
	if v.expired && v.proceeds && !slices.ContainsFunc(v.findings, binding) {
		v.waiver = waive(f.Order, v.findings, v.amounts.Total, now)
		v.findings, v.holdUntil, v.expired = nil, nil, false
	}
}

// heldSince is when the order became OnHold, nil if it is not.
func heldSince(o *v1.Order) *metav1.Time {
	if n := len(o.Status.Timeline); n > 0 && o.Status.Timeline[n-1].Stage == v1.OrderOnHold {
		return &o.Status.Timeline[n-1].EnteredAt
	}
	return nil
}

// binding findings are not waived by the end of a hold.
func binding(found confirmation.Finding) bool { return !found.Waivable }

// waive records what the end of a hold has waived. The order leaves OnHold by it,
// and no longer knows how long it was held: without the record it would be held
// again while its money is being authorised. What was waived for the same total
// before stays waived.
func waive(o *v1.Order, findings []confirmation.Finding, total v1.Amount, now time.Time) *v1.Waiver {
	w := &v1.Waiver{At: second(now), Total: total}
	if old := o.Status.Waiver; old != nil && old.Total == total {
		w.Reasons = slices.Clone(old.Reasons)
	}
	for _, found := range findings {
		w.Reasons = append(w.Reasons, v1.WaivableReason(found.Reason))
	}
	return w
}

// waived says whether a finding was waived. Another total is another matter.
func waived(o *v1.Order, reason string, total v1.Amount) bool {
	w := o.Status.Waiver
	return w != nil && w.Total == total && slices.Contains(w.Reasons, v1.WaivableReason(reason))
}

// askFindings keeps the questions of the checks: each stands while what it is
// about holds the order. The answers stay.
func (v *view) askFindings(o *v1.Order) {
	asked := func(q v1.Question) bool {
		return q.Kind == confirmation.QuestionPrice || q.Kind == confirmation.QuestionDuplicate
	}
	questions := slices.DeleteFunc(slices.Clone(o.Status.Questions), asked)
	for _, found := range v.findings {
		if q := found.Question; q != nil && !v.abandoned() {
			q.Deadline = &metav1.Time{Time: *v.holdUntil}
			questions = append(questions, *q)
		}
	}
	o.Status.Questions = questions
}
