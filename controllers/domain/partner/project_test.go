package partner

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestProject(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	lanes := make([]v1.Lane, 3)
	for name, c := range map[string]struct {
		spec   v1.PartnerSpec
		lanes  int32
		ready  metav1.ConditionStatus
		reason string
	}{
		"a carrier":                     {v1.PartnerSpec{Lanes: lanes}, 3, metav1.ConditionTrue, v1.ReasonUsable},
		"with a calendar":               {v1.PartnerSpec{Lanes: lanes, Calendar: &v1.Calendar{TimeZone: "Asia/Shanghai"}}, 3, metav1.ConditionTrue, v1.ReasonUsable},
		"of a zone that there is not":   {v1.PartnerSpec{Lanes: lanes, Calendar: &v1.Calendar{TimeZone: "Asia/Nowhere"}}, 0, metav1.ConditionFalse, v1.ReasonBadCalendar},
		"of one that is no place":       {v1.PartnerSpec{Lanes: lanes, Calendar: &v1.Calendar{TimeZone: "Local"}}, 0, metav1.ConditionFalse, v1.ReasonBadCalendar},
		"a company without lanes":       {v1.PartnerSpec{}, 0, metav1.ConditionTrue, v1.ReasonNoLanes},
		"which says when it is at work": {v1.PartnerSpec{Calendar: &v1.Calendar{}}, 0, metav1.ConditionTrue, v1.ReasonNoLanes},
	} {
		t.Run(name, func(t *testing.T) {
			p := &v1.Partner{Spec: c.spec}
			p.Generation = 4
			p.Status.ObservedGeneration = -1
			st := Project(p, now)
			ready := meta.FindStatusCondition(st.Conditions, v1.ConditionReady)
			if st.ObservedGeneration != 4 || st.Lanes != c.lanes || ready.Status != c.ready || ready.Reason != c.reason {
				t.Errorf("generation %d, %d lanes, Ready %s for %s", st.ObservedGeneration, st.Lanes, ready.Status, ready.Reason)
			}
			if stalled := meta.IsStatusConditionTrue(st.Conditions, v1.ConditionStalled); stalled != (c.ready == metav1.ConditionFalse) {
				t.Errorf("Stalled is %v", stalled)
			}
			p.Status = *st
			if diff := cmp.Diff(st, Project(p, now.Add(time.Hour))); diff != "" {
				t.Errorf("the next look writes again (-first +second):\n%s", diff)
			}
		})
	}
}
