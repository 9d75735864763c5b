package controllers_test

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// teaIn puts 100 units of tea into a shop and waits until they are counted.
func teaIn(t *testing.T, ns string) {
	t.Helper()
	item := testenv.MakeStock(ns, "tea", "TEA", 100)
	create(t, item)
	awaitCounters(t, item, 100, 0)
}

func confirmedOrder(o *v1.Order) string {
	if o.Status.ConfirmedAt == nil {
		return "want it confirmed"
	}
	return ""
}

// asked wants an Order to be held with a question.
func asked(reason, field string, id v1.Identifier) func(*v1.Order) string {
	return func(o *v1.Order) string {
		if len(o.Status.Questions) != 1 || o.Status.Questions[0].ID != id {
			return fmt.Sprintf("want question %s, have %+v", id, o.Status.Questions)
		}
		return heldFor(v1.OrderOnHold, reason, field)(o)
	}
}

func choose(t *testing.T, o *v1.Order, choice string) {
	t.Helper()
	change(t, o, func(o *v1.Order) {
		o.Spec.Answers = append(o.Spec.Answers, v1.Answer{Question: o.Status.Questions[0].ID, Choice: choice})
	})
}

// Several orders of one customer are placed at one moment, while two managers
// look at them: together they do not pass the limit that each of them keeps.
func TestOrdersOfOneCustomerRaceForCredit(t *testing.T) {
	t.Parallel()
	ns := shop(t, func(c *v1.OrderClass) { c.Spec.CreditLimit = &v1.CreditLimit{Amount: 1500, Currency: "CNY"} })
	env.StartManager(t, ns)
	env.StartManager(t, ns)
	teaIn(t, ns)
	const n = 8
	// The last names are placed first, so that of one second it is not the first one that passes.
	parallel(t, n, func(i int) error {
		return env.Client.Create(t.Context(), testenv.MakeOrder(ns, fmt.Sprint("o-", n-i)).Line("TEA", 1).Obj())
	})
	other := testenv.MakeOrder(ns, "other").Line("TEA", 1).Change(func(o *v1.Order) { o.Spec.Customer.ID = "c-2" }).Obj()
	create(t, other)
	awaitOrder(t, other, confirmedOrder)
	var first, held *v1.Order
	testenv.Eventually(t, func() string {
		first, held = nil, nil
		heldOnes := 0
		for _, o := range orders(t, ns) {
			switch {
			case o.Name == other.Name:
			case o.Status.ConfirmedAt != nil && first != nil:
				t.Fatalf("both %s and %s were confirmed", first.Name, o.Name)
			case o.Status.ConfirmedAt != nil:
				first = &o
			case heldFor(v1.OrderOnHold, v1.ReasonOverCreditLimit, "spec.payment")(&o) == "":
				held = &o
				heldOnes++
			}
		}
		if first == nil || heldOnes != n-1 {
			return fmt.Sprintf("want one order confirmed and %d held, have %v and %d", n-1, first != nil, heldOnes)
		}
		return ""
	})
	// A person may give more.
	change(t, held, func(o *v1.Order) { o.Spec.Approval = &v1.Approval{Decision: v1.DecisionApprove} })
	awaitOrder(t, held, confirmedOrder)
	noDifference(t, ns)
}

func TestASuspectedDuplicateIsAskedAbout(t *testing.T) {
	t.Parallel()
	ns := shop(t, func(c *v1.OrderClass) { c.Spec.Confirmation = &v1.ConfirmationPolicy{DuplicateWindowMinutes: 10} })
	env.StartManager(t, ns)
	teaIn(t, ns)
	place(t, testenv.MakeOrder(ns, "a").Line("TEA", 2))
	again := func(name string) *v1.Order {
		o := testenv.MakeOrder(ns, name).Line("TEA", 2).Obj()
		create(t, o)
		awaitOrder(t, o, asked(v1.ReasonDuplicateSuspect, "spec.lines", "Duplicate"))
		return o
	}
	kept, dropped, approved := again("b"), again("c"), again("d")
	choose(t, kept, "Keep")
	awaitOrder(t, kept, confirmedOrder)
	choose(t, dropped, "Cancel")
	awaitOrder(t, dropped, heldFor(v1.OrderRejected, v1.ReasonAnsweredCancel, "spec.answers"))
	change(t, approved, func(o *v1.Order) { o.Spec.Approval = &v1.Approval{Decision: v1.DecisionApprove} })
	awaitOrder(t, approved, confirmedOrder)
	place(t, testenv.MakeOrder(ns, "e").Line("TEA", 3))
	if q := kept.Status.Questions; len(q) > 0 {
		t.Errorf("the question stands after its answer: %+v", q)
	}
}

// The answer accepts one price. The API server refuses one to another.
func TestAPriceIsAccepted(t *testing.T) {
	t.Parallel()
	ns := shop(t)
	env.StartManager(t, ns)
	teaIn(t, ns)
	create(t, testenv.MakeToken(ns, "tok", "tok_ok"))
	o := testenv.MakeOrder(ns, "a").Line("TEA", 2).Pay(v1.PaymentOnline).Token("tok").Change(func(o *v1.Order) {
		o.Spec.ExpectedTotal = new(v1.Amount(1500))
	}).Obj()
	create(t, o)
	awaitOrder(t, o, asked(v1.ReasonPriceMismatch, "spec.expectedTotal", "Price-2000"))
	before := o.DeepCopy()
	o.Spec.Answers = []v1.Answer{{Question: "Price-1500", Choice: "Accept"}}
	if err := env.Client.Patch(t.Context(), o, client.MergeFrom(before)); err == nil {
		t.Error("an answer to a price that is not asked about was accepted")
	}
	choose(t, get(t, o), "Accept")
	awaitMoney(t, o, 2000)
}

// Nobody approves. The manager that finds the hold at its end is another process,
// four days later.
func TestAHoldProceedsAtItsDeadline(t *testing.T) {
	t.Parallel()
	ns := shop(t, func(c *v1.OrderClass) {
		c.Spec.Confirmation = &v1.ConfirmationPolicy{AutoApproveBelow: new(v1.Amount(0)), OnDeadline: v1.HoldProceed}
	})
	stop := env.StartManager(t, ns)
	teaIn(t, ns)
	create(t, testenv.MakeToken(ns, "tok", "tok_ok"))
	o := testenv.MakeOrder(ns, "a").Line("TEA", 1).Pay(v1.PaymentOnline).Token("tok").Obj()
	held := testenv.MakeOrder(ns, "b").Line("TEA", 1).Change(func(o *v1.Order) { o.Spec.ShipTo.City = "" }).Obj()
	create(t, o, held)
	awaitOrder(t, o, heldFor(v1.OrderOnHold, v1.ReasonManualApproval, "spec.approval"))
	awaitOrder(t, held, heldFor(v1.OrderOnHold, v1.ReasonAddressIncomplete, "spec.shipTo.city"))
	stop()
	env.StartManager(t, ns, func(options *controllers.Options) {
		options.Clock = clocktesting.NewFakePassiveClock(time.Now().Add(96 * time.Hour))
	})
	awaitMoney(t, o, 1000)
	if c := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionApproved); c == nil || c.Reason != v1.ReasonWaived {
		t.Errorf("Approved is %+v", c)
	}
	awaitOrder(t, held, heldFor(v1.OrderRejected, v1.ReasonAddressIncomplete, "spec.shipTo.city"))
}
