package scene

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/history"
)

// Resume lets an Order go on that was paused, once it has seen that it was.
func Resume(w *World, name string) error {
	o := w.Order(name)
	if o == nil || o.Status.ObservedGeneration != o.Generation {
		return fmt.Errorf("Order %s has not seen the pause", name)
	}
	return edit(name, func(o *v1.Order) { o.Spec.Management = v1.ManagementActive })(w)
}

// Settled says what is missing until nothing of an Order that was deleted is left
// open: the Orders that are being deleted are gone, and the units are settled. Of a
// namespace that was deleted, nothing at all is left.
func Settled(w *World, all bool) string {
	if leaving := Leaving(w); leaving != "" {
		return leaving
	}
	for _, i := range history.All[*v1.StockItem](w.History) {
		if all || len(i.Status.Postings) > 0 {
			return "StockItem " + i.Name + " has open postings, or is still there"
		}
		if i.Status.ObservedGeneration != i.Generation {
			return "StockItem " + i.Name + " has not seen its spec"
		}
	}
	if n := len(history.All[*v1.Order](w.History)) + len(history.All[*v1.Shipment](w.History)); all && n > 0 {
		return fmt.Sprintf("%d Orders and Shipments are still there", n)
	}
	return ""
}

// Leaving says what is being deleted, or about to be because its owner is gone, and
// still there, "" for nothing. The Shipments of an Order that has not ended stay as
// long as that is so.
func Leaving(w *World) string {
	all := history.All[client.Object](w.History)
	for _, o := range all {
		s, parcel := o.(*v1.Shipment)
		if parcel {
			if order := w.Order(string(s.Spec.OrderName)); order != nil && v1.UID(order.UID) == s.Spec.OrderUID && !ended(order) {
				continue
			}
		}
		orphaned := slices.ContainsFunc(o.GetOwnerReferences(), func(r metav1.OwnerReference) bool {
			return !slices.ContainsFunc(all, func(owner client.Object) bool { return owner.GetUID() == r.UID })
		})
		if orphaned || !o.GetDeletionTimestamp().IsZero() {
			return o.GetName() + " is being deleted"
		}
	}
	return ""
}

func ended(o *v1.Order) bool {
	return meta.IsStatusConditionTrue(o.Status.Conditions, v1.ConditionCompleted)
}

// AnswerDeclines does what people do about a call that was declined: an edit of the
// order has it tried again, and a refund is paid by hand.
func AnswerDeclines(w *World) error {
	return answerAll(w, func(stored, _ *v1.Order) {
		if stored.Spec.Customer.Locale == "en" {
			stored.Spec.Customer.Locale = "de"
		} else {
			stored.Spec.Customer.Locale = "en"
		}
	})
}

// PayByHand does what people do about a capture that came to nothing because what was
// held had lapsed: the customer pays in another way, and that is recorded.
func PayByHand(w *World) error {
	return answerAll(w, func(stored, seen *v1.Order) {
		if a := seen.Status.Amounts; a.Due > a.Captured-a.Refunded {
			stored.Spec.Payment.Received = append(stored.Spec.Payment.Received, byHand(w, len(stored.Spec.Payment.Received), a.Due-a.Captured+a.Refunded))
		}
	})
}

// answerAll answers each Order that waits for people because of a call that came to
// nothing: declined edits one, and a refund is paid by hand.
func answerAll(w *World, declined func(stored, seen *v1.Order)) error {
	for _, o := range history.All[*v1.Order](w.History) {
		ready := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionReady)
		if ready == nil || o.Status.ObservedGeneration != o.Generation {
			continue
		}
		change := declined
		switch ready.Reason {
		case v1.ReasonPaymentDeclined:
		case v1.ReasonManualRefundRequired:
			change = func(stored, seen *v1.Order) {
				a := seen.Status.Amounts
				stored.Spec.Payment.Refunded = append(stored.Spec.Payment.Refunded, byHand(w, len(stored.Spec.Payment.Refunded), a.Captured-a.Refunded-a.Due))
			}
		default:
			continue
		}
		err := edit(o.Name, func(stored *v1.Order) {
			if stored.Generation == o.Generation {
				change(stored, o)
			}
		})(w)
		if err != nil {
			return err
		}
	}
	return nil
}

// byHand is money that a person has moved.
func byHand(w *World, n int, amount v1.Amount) v1.ReceivedPayment {
	return v1.ReceivedPayment{ID: v1.Identifier(fmt.Sprint("by-hand-", n)), Amount: int64(amount), At: w.now()}
}
