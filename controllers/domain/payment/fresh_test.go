package payment

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestFresh(t *testing.T) {
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	op := &v1.PaymentOperation{At: metav1.NewTime(noon)}
	for age, want := range map[time.Duration]bool{
		0: true, lag - time.Second: true, lag: false, time.Hour: false,
		// The clock of the next manager is behind, by a little or by an hour.
		-time.Second: true, -lag: false, -time.Hour: false,
	} {
		if got := Fresh(op, noon.Add(age)); got != want {
			t.Errorf("%v after it was concluded: %v", age, got)
		}
	}
}
