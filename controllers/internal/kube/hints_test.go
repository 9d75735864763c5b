package kube

import (
	"context"
	"errors"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// What is taken is forgotten, what could not be acted on is there again, and nobody is
// waited for longer than the caller does.
func TestHints(t *testing.T) {
	h, s := NewHints[*v1.Shipment](), &v1.Shipment{}
	s.Namespace, s.Name = "shop", "o-s1"
	other := s.DeepCopy()
	other.Name = "o-s2"
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Give(ctx, s, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("with nobody there: %v", err)
	}
	woken := make(chan string)
	go func() { woken <- (<-h.wake).Object.Name }()
	if err := h.Give(t.Context(), s, "b"); err != nil {
		t.Error(err)
	}
	if name := <-woken; name != "o-s1" {
		t.Errorf("%s is asked for", name)
	}
	if about := h.Take(other); about != nil {
		t.Errorf("of another object there is %v", about)
	}
	about := h.Take(s)
	if !about["a"] || !about["b"] || len(about) != 2 {
		t.Errorf("there is %v", about)
	}
	if again := h.Take(s); again != nil {
		t.Errorf("taken again there is %v", again)
	}
	h.Keep(s, about)
	if again := h.Take(s); len(again) != 2 {
		t.Errorf("kept there is %v", again)
	}
}
