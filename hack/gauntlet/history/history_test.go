package history

import (
	"net/http"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func object(uid types.UID, version string) *v1.Order {
	o := &v1.Order{}
	o.UID, o.ResourceVersion = uid, version
	return o
}

// The observer has caught up when it has every version that is stored, and has heard
// that what is not stored any more is gone.
func TestHas(t *testing.T) {
	h := &History{latest: map[types.UID]client.Object{}, changed: make(chan struct{})}
	h.add(object("a", "3"), false)
	h.add(object("b", "4"), false)
	for name, test := range map[string]struct {
		stored map[types.UID]string
		want   bool
	}{
		"all is known":               {map[types.UID]string{"a": "3", "b": "4"}, true},
		"a version is not known yet": {map[types.UID]string{"a": "5", "b": "4"}, false},
		"an object is not known yet": {map[types.UID]string{"a": "3", "b": "4", "c": "6"}, false},
		"one is gone, unheard":       {map[types.UID]string{"a": "3"}, false},
	} {
		if got := h.has(test.stored); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	h.add(object("a", "5"), false)
	h.add(object("b", "7"), true)
	if !h.has(map[types.UID]string{"a": "3"}) {
		t.Error("what was stored earlier is not known any more, or what is gone is missed")
	}
}

// An API server that was started again forgets; whatever else ends a watch is a mistake
// of the campaign.
func TestExpired(t *testing.T) {
	for code, want := range map[int32]bool{http.StatusGone: true, http.StatusInternalServerError: false} {
		if got := expired(&metav1.Status{Code: code}); got != want {
			t.Errorf("a watch that ended with %d has expired: %v", code, got)
		}
	}
	if expired(nil) {
		t.Error("a watch that ended without a word has expired")
	}
}
