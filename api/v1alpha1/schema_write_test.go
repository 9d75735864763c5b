package v1alpha1_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// write is one write to the API server and what came before it. What is judged
// is the last step that is given; those before it must be accepted.
type write[T client.Object] struct {
	// create changes the base before it is created.
	create func(T)
	// statusBefore is written to the status of the created object.
	statusBefore func(T)
	// status is written to the status after that.
	status func(T)
	// update changes the spec after that.
	update func(T)
	// updateStatus changes the status after that.
	updateStatus func(T)
	// refused says how the last step is refused; the zero value, that it is accepted.
	refused refusal
}

// refusal is what a refused write tells: the field and a sentence about it.
type refusal struct{ field, because string }

// checkWrites makes each write to an object of its own.
func checkWrites[T client.Object](t *testing.T, base func() T, cases map[string]write[T]) {
	namespace := newNamespace(t)
	number := 0
	for name, w := range cases {
		number++
		object := base()
		object.SetNamespace(namespace)
		object.SetName(fmt.Sprintf("case-%d", number))
		t.Run(name, func(t *testing.T) { w.check(t, object) })
	}
}

// check makes the steps of the write and judges the last one.
func (w write[T]) check(t *testing.T, object T) {
	if w.create != nil {
		w.create(object)
	}
	ctx := t.Context()
	steps := []func() error{func() error { return api.Create(ctx, object) }}
	add := func(change func(T), submit func() error) {
		if change != nil {
			steps = append(steps, func() error { change(object); return submit() })
		}
	}
	updateStatus := func() error { return api.Status().Update(ctx, object) }
	add(w.statusBefore, updateStatus)
	add(w.status, updateStatus)
	add(w.update, func() error { return api.Update(ctx, object) })
	add(w.updateStatus, updateStatus)

	last := len(steps) - 1
	for i, step := range steps[:last] {
		if err := step(); err != nil {
			t.Fatalf("step %d of %d, which prepares the judged one, was refused: %v", i+1, last+1, err)
		}
	}
	w.refused.judge(t, steps[last]())
}

// judge compares the answer of the API server with what is expected.
func (r refusal) judge(t *testing.T, err error) {
	t.Helper()
	switch {
	case r == refusal{} && err != nil:
		t.Errorf("refused: %v", err)
	case r != refusal{} && err == nil:
		t.Errorf("accepted; want a refusal of %q: %s", r.field, r.because)
	case r != refusal{} && !r.in(err):
		t.Errorf("refused with:\n%v\nwant a refusal of %q: %s", err, r.field, r.because)
	}
}

// in says whether an error is an answer 422 that holds this refusal.
func (r refusal) in(err error) bool {
	status := apierrors.APIStatus(nil)
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	for _, cause := range status.Status().Details.Causes {
		if cause.Field == r.field && strings.Contains(cause.Message, r.because) {
			return true
		}
	}
	return false
}

// refusals lists what the cases expect to be refused.
func refusals[T client.Object](tables ...map[string]write[T]) []refusal {
	var all []refusal
	for _, table := range tables {
		for _, w := range table {
			if w.refused != (refusal{}) {
				all = append(all, w.refused)
			}
		}
	}
	return all
}

// create creates an object that must be accepted.
func create[T client.Object](ctx context.Context, t *testing.T, object T) T {
	t.Helper()
	if err := api.Create(ctx, object); err != nil {
		t.Fatalf("creating %s: %v", object.GetName(), err)
	}
	return object
}

// mustEqual compares what the API server returned with what is expected.
func mustEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s differs from what is expected (-want +got):\n%s", what, diff)
	}
}
