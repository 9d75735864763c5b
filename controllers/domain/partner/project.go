// Package partner says what can be done with a Partner.
package partner

import (
	"fmt"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/condition"
	"ordercycle.dev/ordercycle/controllers/domain/routing"
)

// Project computes the next status of a Partner.
func Project(p *v1.Partner, now time.Time) *v1.PartnerStatus {
	st := p.Status.DeepCopy()
	st.ObservedGeneration = p.Generation
	st.Lanes = int32(len(p.Spec.Lanes)) //nolint:gosec // at most 100
	c := condition.Set{Conditions: &st.Conditions, Generation: p.Generation, Now: now}
	if err := routing.CheckCalendar(p.Spec.Calendar); err != nil {
		st.Lanes = 0
		c.Stalled(v1.ReasonBadCalendar, fmt.Sprintf("spec.%v; its lanes are in no route until that is corrected", err))
		return st
	}
	if st.Lanes == 0 {
		c.Ready(v1.ReasonNoLanes, "it has no lanes, so that it is in no route")
		return st
	}
	c.Ready(v1.ReasonUsable, "routes can be made of its lanes")
	return st
}
