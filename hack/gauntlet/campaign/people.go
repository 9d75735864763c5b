package campaign

import (
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/history"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
)

// meddle does what people do, when an Order is in the phase for which it is planned.
func (s *stage) meddle(faults []fault.Fault, w *fault.Wire) error {
	for _, f := range faults {
		phase, ok := strings.CutPrefix(f.Point, phasePoint)
		if !ok || w.Reached(f) {
			continue
		}
		for _, o := range history.All[*v1.Order](s.world.History) {
			if string(o.Status.Phase) != phase {
				continue
			}
			if err := s.act(f.Kind, o.DeepCopy()); err != nil {
				return err
			}
			w.Reach(f)
			break
		}
	}
	return nil
}

// phasePoint begins the point of what people do.
const phasePoint = "phase "

func (s *stage) act(k fault.Kind, o *v1.Order) error {
	w := s.world
	patch := func(o client.Object, change func()) error {
		before := o.DeepCopyObject().(client.Object)
		change()
		if err := w.Client.Patch(w, o, client.MergeFrom(before)); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
		return nil
	}
	switch k {
	case fault.EditedBack:
		if err := patch(o, func() { o.Spec.Priority++ }); err != nil {
			return err
		}
		return patch(o, func() { o.Spec.Priority-- })
	case fault.Deleted:
		if err := w.Client.Delete(w, o); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	case fault.Stripped:
		return patch(o, func() { o.Finalizers = nil })
	case fault.Stomped:
		for _, s := range history.All[*v1.Shipment](w.History) {
			s = s.DeepCopy()
			if err := patch(s, func() { s.OwnerReferences, s.Labels = nil, map[string]string{"stomped": "yes"} }); err != nil {
				return err
			}
		}
		return patch(o, func() { o.Labels, o.Annotations = map[string]string{"stomped": "yes"}, nil })
	case fault.Paused:
		if err := patch(o, func() { o.Spec.Management = v1.ManagementPaused }); err != nil {
			return err
		}
		s.later = append(s.later, func() error {
			return scene.Resume(w, o.Name)
		})
	case fault.Forward:
		s.clock.Jump(time.Hour)
	case fault.Backward:
		s.clock.Jump(-time.Hour)
	}
	return nil
}

// after does what follows what people have done.
func (s *stage) after() error {
	for len(s.later) > 0 {
		if err := s.later[0](); err != nil {
			return err
		}
		s.later = s.later[1:]
	}
	return nil
}

// deleted says whether people delete an Order, so that the scene ends when it is gone.
func deleted(faults []fault.Fault) bool {
	for _, f := range faults {
		if f.Kind == fault.Deleted {
			return true
		}
	}
	return false
}
