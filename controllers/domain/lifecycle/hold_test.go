package lifecycle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// condition is "Status/Reason" of a condition, "" if it is not there.
func (s *shop) condition(kind string) string {
	if c := meta.FindStatusCondition(s.order().Status.Conditions, kind); c != nil {
		return string(c.Status) + "/" + c.Reason
	}
	return ""
}

func withHold(c *v1.OrderClass, hours int32, approveFrom v1.Amount) *v1.OrderClass {
	c.Spec.Confirmation = &v1.ConfirmationPolicy{HoldDeadlineHours: hours, AutoApproveBelow: &approveFrom}
	return c
}

func TestHolds(t *testing.T) {
	hours := func(n int) func(*shop) {
		return func(s *shop) { s.now = s.now.Add(time.Duration(n)*time.Hour - time.Minute) }
	}
	// charging lets something happen while the money is being authorised.
	charging := func(change func(*shop)) func(*shop) {
		return func(s *shop) {
			s.look()
			change(s)
		}
	}
	noCity := charging(func(s *shop) { s.edit(func(o *v1.OrderSpec) { o.ShipTo.City = "" }) })
	declining := func(s *shop) { s.bank.decline = true }
	for name, test := range map[string]struct {
		shop   *shop
		before func(*shop)
		steps  []step
		calls  []string
	}{
		"an order waits for approval, and gets it": {
			newShop(t, withHold(class(v1.CaptureOnDispatch), 24, 2000), v1.PaymentCard, 2), nil,
			[]step{
				{"it is held", nil, "OnHold, ready ManualApproval; held 0 taken 0 back 0 due 2000"},
				{"approved", func(s *shop) {
					s.edit(func(o *v1.OrderSpec) { o.Approval = &v1.Approval{Decision: v1.DecisionApprove} })
				}, "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"},
			},
			[]string{"Authorize 2000 Succeeded"},
		},
		"an order that a person rejects ends at once": {
			newShop(t, withHold(class(v1.CaptureOnDispatch), 24, 2000), v1.PaymentCard, 2), nil,
			[]step{
				{"rejected", func(s *shop) {
					s.edit(func(o *v1.OrderSpec) { o.Approval = &v1.Approval{Decision: v1.DecisionReject} })
				}, "Rejected, stalled ApprovalRejected; held 0 taken 0 back 0 due 0"},
			},
			nil,
		},
		"a hold ends when the class says so": {
			newShop(t, withHold(class(v1.CaptureOnDispatch), 24, 0), v1.PaymentCard, 2), nil,
			[]step{
				{"a minute before the deadline", func(s *shop) { s.now = s.now.Add(24*time.Hour - 2*time.Minute) }, "OnHold, ready ManualApproval; held 0 taken 0 back 0 due 2000"},
				{"at the deadline", nil, "Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0"},
			},
			nil,
		},
		"a hold of an order without a class ends after 72 hours": {
			newShop(t, nil, v1.PaymentTransfer, 2), nil,
			[]step{
				{"an hour before", hours(71), "OnHold, ready AwaitingPayment; held 0 taken 0 back 0 due 2000"},
				{"at the deadline", hours(1), "Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0"},
			},
			nil,
		},
		"money that came in for an order that expired is a person's to pay back": {
			newShop(t, nil, v1.PaymentTransfer, 2), nil,
			[]step{
				{"a part comes in", func(s *shop) { s.receive(700) }, "OnHold, ready AwaitingPayment; held 0 taken 700 back 0 due 2000"},
				{"at the deadline", hours(72), "Rejected, stalled ManualRefundRequired; held 0 taken 700 back 0 due 0"},
			},
			nil,
		},
		"what is held for an order that expires is released first": {
			newShop(t, withHold(class(v1.CaptureOnDispatch), 24, v1.MaxAmount), v1.PaymentCard, 2), noCity,
			[]step{
				{"the address is spoilt", nil, "OnHold, ready AddressIncomplete; held 2000 taken 0 back 0 due 2000"},
				{"at the deadline", hours(24), "Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
		"what is held is released where its provider is gone": {
			newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2),
			charging(func(s *shop) { s.facts.Class, s.facts.ClassMissing, s.order().Spec.ClassName = nil, true, "retail" }),
			[]step{{"the class is gone", nil, "OnHold, ready ClassNotFound; held 0 taken 0 back 0 due 2000"}},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
		"a price that changed while the money was held is authorised anew": {
			newShop(t, withHold(class(v1.CaptureOnDispatch), 24, v1.MaxAmount), v1.PaymentCard, 2), noCity,
			[]step{
				{"the address is mended and the order is smaller", func(s *shop) {
					s.edit(func(o *v1.OrderSpec) { o.ShipTo.City, o.Lines[0].Quantity = "Shanghai", 1 })
				}, "Backordered, ready AwaitingStock; held 1000 taken 0 back 0 due 1000"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded", "Authorize 1000 Succeeded"},
		},
		"a declined card waits for a change and is tried again after it": {
			newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2), declining,
			[]step{
				{"it is declined", nil, "OnHold, ready PaymentDeclined; held 0 taken 0 back 0 due 2000"},
				{"an hour later nothing has changed", func(s *shop) { s.bank.decline = false; s.now = s.now.Add(time.Hour) }, "OnHold, ready PaymentDeclined; held 0 taken 0 back 0 due 2000"},
				{"another token", func(s *shop) {
					s.edit(func(o *v1.OrderSpec) { o.Payment.TokenSecretRef = &v1.LocalReference{Name: "other"} })
				}, "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"},
			},
			[]string{"Authorize 2000 Declined", "Authorize 2000 Succeeded"},
		},
		"a declined card and another method": {
			newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2), declining,
			[]step{
				{"it is declined", nil, "OnHold, ready PaymentDeclined; held 0 taken 0 back 0 due 2000"},
				{"cash", func(s *shop) { s.edit(func(o *v1.OrderSpec) { o.Payment.Method = v1.PaymentCash }) }, "Backordered, ready AwaitingStock; held 0 taken 0 back 0 due 2000"},
			},
			[]string{"Authorize 2000 Declined"},
		},
		"a repeated order is rejected and never charged": {
			newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2), func(s *shop) { s.facts.Original = "order-0" },
			[]step{{"it is placed", nil, "Rejected, stalled Duplicate; held 0 taken 0 back 0 due 0"}},
			nil,
		},
		"an unknown product appears": {
			newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2), func(s *shop) { s.facts.Stock = map[v1.SKU]Stock{} },
			[]step{
				{"nobody keeps it", nil, "OnHold, ready UnknownSKU; held 0 taken 0 back 0 due 2000"},
				{"somebody does", func(s *shop) { s.facts.Stock["tea-1"] = Stock{} }, "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"},
			},
			[]string{"Authorize 2000 Succeeded"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.shop
			s.t = t
			if test.before != nil {
				test.before(s)
			}
			play(t, s, test.steps)
			if diff := cmp.Diff(test.calls, s.calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// An order, its class, its stock and its Secret may be applied together: for a
// moment an order is not held for what may be on its way.
func TestAYoungOrderWaitsForWhatIsAppliedWithIt(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*shop)
		// before and after the moment in which it stops being young.
		before, after string
	}{
		"its product": {
			func(s *shop) { s.facts.Stock = nil }, "Received, busy Checking; held 0 taken 0 back 0 due 2000", "OnHold, ready UnknownSKU; held 0 taken 0 back 0 due 2000",
		},
		"its class": {
			func(s *shop) { s.order().Spec.ClassName, s.facts.ClassMissing, s.facts.Class = "retail", true, nil },
			"Received, busy Checking; held 0 taken 0 back 0 due 2000", "OnHold, ready ClassNotFound; held 0 taken 0 back 0 due 2000",
		},
		"its token": {
			func(s *shop) { s.facts.TokenProblem = "there is no Secret card; create it" },
			"Received, busy Checking; held 0 taken 0 back 0 due 2000", "OnHold, ready SecretNotUsable; held 0 taken 0 back 0 due 2000",
		},
		"a default class": {
			func(s *shop) { s.facts.Class, s.order().Spec.Payment.Method = nil, v1.PaymentCash },
			"Received, busy Checking; held 0 taken 0 back 0 due 2000", "Backordered, ready AwaitingStock; held 0 taken 0 back 0 due 2000",
		},
		"not the customer's address": {
			func(s *shop) { s.order().Spec.ShipTo.City = "" },
			"OnHold, ready AddressIncomplete; held 0 taken 0 back 0 due 2000", "OnHold, ready AddressIncomplete; held 0 taken 0 back 0 due 2000",
		},
		"not where it lacks something else as well": {
			func(s *shop) { s.order().Spec.ShipTo.City, s.facts.Stock = "", nil },
			"OnHold, ready AddressIncomplete; held 0 taken 0 back 0 due 2000", "OnHold, ready AddressIncomplete; held 0 taken 0 back 0 due 2000",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
			s.order().CreationTimestamp = metav1.NewTime(noon)
			test.change(s)
			s.now = noon.Add(arrivalGrace - time.Second)
			s.settle()
			if diff := cmp.Diff(test.before, s.text()); diff != "" {
				t.Errorf("before (-want +got):\n%s", diff)
			}
			if s.text() == "Received, busy Checking; held 0 taken 0 back 0 due 2000" && !Deadline(&s.facts, s.now).Equal(noon.Add(arrivalGrace)) {
				t.Errorf("it is looked at again at %v", Deadline(&s.facts, s.now))
			}
			s.now = noon.Add(arrivalGrace)
			s.settle()
			if diff := cmp.Diff(test.after, s.text()); diff != "" {
				t.Errorf("after (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConditionsOfTheChecks(t *testing.T) {
	s := newShop(t, withHold(class(v1.CaptureOnDispatch), 24, 0), v1.PaymentCard, 2)
	want := func(validated, approved string) {
		t.Helper()
		s.settle()
		if got := [2]string{s.condition(v1.ConditionValidated), s.condition(v1.ConditionApproved)}; got != [2]string{validated, approved} {
			t.Errorf("Validated %s, Approved %s; want %s, %s", got[0], got[1], validated, approved)
		}
	}
	s.order().Spec.ShipTo.City = ""
	want("False/AddressIncomplete", "False/ManualApproval")
	if c := meta.FindStatusCondition(s.order().Status.Conditions, v1.ConditionValidated); c.Message != "spec.shipTo.city: the address lacks this part; add it; also ManualApproval at spec.approval" {
		t.Errorf("the message is %q", c.Message)
	}
	s.edit(func(o *v1.OrderSpec) { o.Approval = &v1.Approval{Decision: v1.DecisionApprove} })
	want("False/AddressIncomplete", "True/Approved")
	s.edit(func(o *v1.OrderSpec) { o.Approval = nil; o.ShipTo.City = "Shanghai" })
	s.facts.Class = class(v1.CaptureOnDispatch)
	want("True/Passed", "True/AutoApproved")

	gone := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	gone.edit(func(o *v1.OrderSpec) { o.Cancel = &v1.CancelRequest{} })
	gone.settle()
	if got := gone.condition(v1.ConditionValidated); got != "False/Cancelled" || gone.condition(v1.ConditionApproved) != "" {
		t.Errorf("cancelled before the confirmation: Validated %s, Approved %s", got, gone.condition(v1.ConditionApproved))
	}
}
