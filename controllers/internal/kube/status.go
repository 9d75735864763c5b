package kube

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
)

// WriteStatus writes the status of obj, which was computed from an object with
// its resourceVersion, unless it is the one that is stored already. The API
// server refuses it if the object has changed since it was read. It says whether
// there was a write.
func WriteStatus[S any](ctx context.Context, c client.Client, obj client.Object, stored, status *S) (bool, error) {
	if equality.Semantic.DeepEqual(stored, status) {
		return false, nil
	}
	*stored = *status
	if err := c.Status().Update(ctx, obj); err != nil {
		return false, fmt.Errorf("writing the status: %w", err)
	}
	return true, nil
}

// AddFinalizer adds a finalizer under the resourceVersion of obj, and updates obj.
func AddFinalizer(ctx context.Context, c client.Client, obj client.Object, name string) error {
	return patchFinalizers(ctx, c, obj, func() { controllerutil.AddFinalizer(obj, name) })
}

// RemoveFinalizer removes a finalizer under the resourceVersion of obj, and updates obj.
// That obj was not found is an error as well, so that it is looked at again: if it is
// gone nobody finds it, and if it is not, nobody else would ask for it.
func RemoveFinalizer(ctx context.Context, c client.Client, obj client.Object, name string) error {
	return patchFinalizers(ctx, c, obj, func() { controllerutil.RemoveFinalizer(obj, name) })
}

func patchFinalizers(ctx context.Context, c client.Client, obj client.Object, change func()) error {
	before := obj.DeepCopyObject().(client.Object)
	change()
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := c.Patch(ctx, obj, patch); err != nil {
		return fmt.Errorf("changing the finalizers: %w", err)
	}
	return nil
}
