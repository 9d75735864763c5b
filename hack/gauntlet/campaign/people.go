package campaign

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
			if string(o.Status.Phase) != phase || (f.Kind == fault.Orphaned && len(history.All[*v1.Shipment](s.world.History)) == 0) {
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
	case fault.Orphaned:
		for _, s := range history.All[*v1.Shipment](w.History) {
			if err := w.Client.Delete(w, s.DeepCopy()); client.IgnoreNotFound(err) != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
	case fault.Emptied:
		if err := w.Client.Delete(w, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace}}); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	case fault.Overwritten:
		before := o.DeepCopy()
		o.Status.Conditions = nil
		if err := w.Client.Status().Patch(w, o, client.MergeFrom(before)); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	case fault.Paused:
		if err := patch(o, func() { o.Spec.Management = v1.ManagementPaused }); err != nil {
			return err
		}
		s.later = append(s.later, func() error {
			return scene.Resume(w, o.Name)
		})
	case fault.PlaneKilled:
		return s.env.Restart(w, "kube-apiserver")
	case fault.StoreKilled:
		return s.env.Restart(w, "etcd")
	case fault.PlaneStopped:
		return s.standStill("kube-apiserver")
	case fault.StoreStopped:
		return s.standStill("etcd")
	case fault.Killed, fault.Zombie, fault.Double:
		return s.processes.meddle(w, k)
	case fault.Forward:
		w.Clock.Jump(time.Hour)
	case fault.Backward:
		w.Clock.Jump(-time.Hour)
	}
	return nil
}

// stillness is how long a program of the control plane stands still.
const stillness = 3 * time.Second

// standStill stops a program of the control plane for a while.
func (s *stage) standStill(program string) error {
	pid, ok := s.env.PIDs()[program]
	if !ok {
		return fmt.Errorf("the control plane has no %s", program)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("stopping %s: %w", program, err)
	}
	<-time.After(stillness)
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		return fmt.Errorf("letting %s go on: %w", program, err)
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
	return slices.ContainsFunc(faults, func(f fault.Fault) bool { return f.Kind.Deletes() })
}
