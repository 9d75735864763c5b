package scene

import (
	"fmt"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func ask() *Scene {
	total := v1.Amount(4000)
	return &Scene{
		Name: "ask", About: "The customer is asked about a price that is not the expected one, and then what to do about a shortage.",
		Class: func(c *v1.OrderClass) { c.Spec.Shortage = v1.ShortageAsk },
		Objects: []client.Object{
			stock("tea", "TEA", 3), stock("cup", "CUP", 9),
			order("o").Line("TEA", 5).Line("CUP", 1).Pay(v1.PaymentOnline).Change(func(o *v1.Order) { o.Spec.ExpectedTotal = &total }).Obj(),
		},
		Steps: []Step{
			{When: asked("Price"), Do: answer("Accept")},
			{When: asked("Shortage"), Do: answer("ShipAvailable")},
		},
		End: ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {0, 0}, "cup": {8, 0}}),
	}
}

// asked says whether the customer of Order o is asked a question whose id begins so.
func asked(about string) func(*World) bool {
	return func(w *World) bool {
		o := w.Order("o")
		return o != nil && len(o.Status.Questions) == 1 && strings.HasPrefix(string(o.Status.Questions[0].ID), about)
	}
}

// answer answers the question of Order o.
func answer(choice string) func(*World) error {
	return func(w *World) error {
		q := w.Order("o").Status.Questions
		if len(q) == 0 {
			return fmt.Errorf("nothing is asked any more")
		}
		return edit("o", func(o *v1.Order) {
			o.Spec.Answers = append(o.Spec.Answers, v1.Answer{Question: q[0].ID, Choice: choice})
		})(w)
	}
}
