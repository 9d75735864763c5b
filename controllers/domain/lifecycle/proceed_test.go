package lifecycle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// proceeding is a class that asks for approval of every order, and lets it proceed
// after a day.
func proceeding() *v1.OrderClass {
	c := withHold(class(v1.CaptureOnDispatch), 24, 0)
	c.Spec.Confirmation.OnDeadline = v1.HoldProceed
	return c
}

// expects is a class that asks for no approval, and an order of 2 x 10.00 for which
// 15.00 was shown.
func expects(t testing.TB, end v1.HoldEnd, method v1.PaymentMethod) *shop {
	c := withHold(class(v1.CaptureOnDispatch), 24, v1.MaxAmount)
	c.Spec.Confirmation.OnDeadline = end
	s := newShop(t, c, method, 2)
	s.order().Spec.ExpectedTotal = new(v1.Amount(1500))
	return s
}

// at sets the time since noon, when the order was placed and held.
func at(d time.Duration) func(*shop) { return func(s *shop) { s.now = noon.Add(d) } }

func answer(question v1.Identifier, choice string) func(*shop) {
	return func(s *shop) {
		s.edit(func(o *v1.OrderSpec) { o.Answers = append(o.Answers, v1.Answer{Question: question, Choice: choice}) })
	}
}

func TestTheEndOfAHold(t *testing.T) {
	const day = 24 * time.Hour
	last := step{"a minute before the deadline", at(day - time.Minute), "OnHold, ready ManualApproval; held 0 taken 0 back 0 due 2000"}
	goesOn := "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"
	for name, test := range map[string]struct {
		shop   *shop
		before func(*shop)
		steps  []step
		calls  []string
		waived []v1.WaivableReason
	}{
		"nobody approved, and the order goes on": {
			newShop(t, proceeding(), v1.PaymentCard, 2), nil,
			[]step{last, {"at the deadline", nil, goesOn}},
			[]string{"Authorize 2000 Succeeded"}, []v1.WaivableReason{v1.ReasonManualApproval},
		},
		"a person rejected it in time": {
			newShop(t, proceeding(), v1.PaymentCard, 2), nil,
			[]step{last, {"at the deadline", func(s *shop) {
				s.edit(func(o *v1.OrderSpec) { o.Approval = &v1.Approval{Decision: v1.DecisionReject} })
			}, "Rejected, stalled ApprovalRejected; held 0 taken 0 back 0 due 0"}},
			nil, nil,
		},
		"nobody accepted the price, and the computed total is charged": {
			expects(t, v1.HoldProceed, v1.PaymentOnline), nil,
			[]step{
				{"a minute before the deadline", at(day - time.Minute), "OnHold, ready PriceMismatch; held 0 taken 0 back 0 due 2000"},
				{"at the deadline", nil, "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded"}, []v1.WaivableReason{v1.ReasonPriceMismatch},
		},
		"nobody accepted the price, and the class cancels": {
			expects(t, v1.HoldCancel, v1.PaymentOnline), nil,
			[]step{{"at the deadline", at(day), "Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0"}},
			nil, nil,
		},
		"what is no matter of judgement ends the order": {
			newShop(t, proceeding(), v1.PaymentCard, 2), func(s *shop) { s.order().Spec.Payment.Method = v1.PaymentTransfer },
			[]step{{"at the deadline", at(day), "Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0"}},
			nil, nil,
		},
		"what is declined afterwards holds the order, and nothing that was waived": {
			newShop(t, proceeding(), v1.PaymentCard, 2), func(s *shop) { s.bank.decline = true },
			[]step{
				{"at the deadline", at(day), "OnHold, ready PaymentDeclined; held 0 taken 0 back 0 due 2000"},
				{"another token", func(s *shop) {
					s.bank.decline = false
					s.edit(func(o *v1.OrderSpec) { o.Payment.TokenSecretRef = &v1.LocalReference{Name: "other"} })
				}, goesOn},
			},
			[]string{"Authorize 2000 Declined", "Authorize 2000 Succeeded"}, []v1.WaivableReason{v1.ReasonManualApproval},
		},
		"the class that changes its mind while the money is authorised changes nothing": {
			newShop(t, proceeding(), v1.PaymentCard, 2), func(s *shop) { s.bank.unheard = true },
			[]step{
				{"the provider is silent", at(day), "Received, busy PaymentUnclear; held 0 taken 0 back 0 due 2000"},
				{"the class cancels now", func(s *shop) {
					s.facts.Class.Spec.Confirmation.OnDeadline = v1.HoldCancel
				}, "Received, busy PaymentUnclear; held 0 taken 0 back 0 due 2000"},
				{"the provider answers", func(s *shop) { s.bank.unheard = false }, goesOn},
			},
			[]string{"Authorize 2000 Succeeded"}, []v1.WaivableReason{v1.ReasonManualApproval},
		},
		"another total is another matter, and more is not charged": {
			expects(t, v1.HoldProceed, v1.PaymentCard), func(s *shop) { s.bank.unheard = true },
			[]step{
				{"the provider is silent", at(day), "Received, busy PaymentUnclear; held 0 taken 0 back 0 due 2000"},
				{"the fee is raised", func(s *shop) {
					s.bank.unheard = false
					s.edit(func(o *v1.OrderSpec) { o.ShippingFee = 500 })
				}, "OnHold, ready PriceMismatch; held 2000 taken 0 back 0 due 2500"},
				{"the new price is accepted", answer("Price-2500", "Accept"), "Backordered, ready AwaitingStock; held 2500 taken 0 back 0 due 2500"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded", "Authorize 2500 Succeeded"}, []v1.WaivableReason{v1.ReasonPriceMismatch},
		},
		"what is found later for the same total is waived by an end of its own": {
			newShop(t, proceeding(), v1.PaymentCard, 2), func(s *shop) { s.bank.unheard = true },
			[]step{
				{"the provider is silent", at(day), "Received, busy PaymentUnclear; held 0 taken 0 back 0 due 2000"},
				{"another price is expected", func(s *shop) {
					s.bank.unheard = false
					s.edit(func(o *v1.OrderSpec) { o.ExpectedTotal = new(v1.Amount(1)) })
				}, "OnHold, ready PriceMismatch; held 2000 taken 0 back 0 due 2000"},
				{"a day later", at(2*day + time.Minute), goesOn},
			},
			[]string{"Authorize 2000 Succeeded"}, []v1.WaivableReason{v1.ReasonManualApproval, v1.ReasonPriceMismatch},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.shop
			if test.before != nil {
				test.before(s)
			}
			play(t, s, test.steps)
			if diff := cmp.Diff(test.calls, s.calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			var got []v1.WaivableReason
			if w := s.order().Status.Waiver; w != nil {
				got = w.Reasons
			}
			if diff := cmp.Diff(test.waived, got); diff != "" {
				t.Errorf("waived (-want +got):\n%s", diff)
			}
		})
	}
}

// The process may die after any write and call: what it did not write is done
// again, and the end is the same.
func TestAHoldProceedsWhateverIsLost(t *testing.T) {
	end := func(lost int) string {
		s := expects(t, v1.HoldProceed, v1.PaymentOnline)
		s.settle()
		at(24 * time.Hour)(s)
		for range lost {
			s.look()
		}
		stored := s.order().Status.DeepCopy()
		s.look()
		s.order().Status = *stored
		s.now = s.now.Add(time.Minute)
		s.settle()
		return fmt.Sprintf("%s; %v; %v; %s; %s", s.text(), s.calls(), s.order().Status.Waiver.Reasons, s.condition(v1.ConditionValidated), s.stages())
	}
	want := "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000; " +
		"[Authorize 2000 Succeeded Capture 2000 Succeeded]; [PriceMismatch]; True/Waived; OnHold Received Backordered"
	for lost := range 8 {
		if diff := cmp.Diff(want, end(lost)); diff != "" {
			t.Errorf("write %d after the deadline is lost (-want +got):\n%s", lost, diff)
		}
	}
}

func TestConditionsOfAWaiver(t *testing.T) {
	s := newShop(t, proceeding(), v1.PaymentCard, 2)
	s.settle()
	if got := s.order().Status.Waiver; got != nil {
		t.Fatalf("waived before the deadline: %+v", got)
	}
	at(24 * time.Hour)(s)
	s.settle()
	want := &v1.Waiver{At: *ptr(s.now), Total: 2000, Reasons: []v1.WaivableReason{v1.ReasonManualApproval}}
	if diff := cmp.Diff(want, s.order().Status.Waiver); diff != "" {
		t.Errorf("waiver (-want +got):\n%s", diff)
	}
	if v, a := s.condition(v1.ConditionValidated), s.condition(v1.ConditionApproved); v != "True/Waived" || a != "True/Waived" {
		t.Errorf("Validated %s, Approved %s", v, a)
	}
}

// The questions of the checks stand while their findings do.
func TestQuestionsOfTheChecks(t *testing.T) {
	price := v1.Question{ID: "Price-2000", Kind: "Price", Options: []string{"Accept", "Cancel"}, Deadline: ptr(noon.Add(24 * time.Hour))}
	twin := v1.Question{ID: "Duplicate", Kind: "Duplicate", Options: []string{"Keep", "Cancel"}, Deadline: price.Deadline}
	held := "OnHold, ready PriceMismatch; held 0 taken 0 back 0 due 2000"
	goesOn := "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"
	calledOff := "Rejected, stalled AnsweredCancel; held 0 taken 0 back 0 due 0"
	for name, test := range map[string]struct {
		then func(*shop)
		want string
		left []v1.Question
	}{
		"nothing is answered":          {func(*shop) {}, held, []v1.Question{price, twin}},
		"both are answered":            {all(answer("Price-2000", "Accept"), answer("Duplicate", "Keep")), goesOn, nil},
		"one is answered":              {answer("Duplicate", "Keep"), held, []v1.Question{price}},
		"the price is refused":         {answer("Price-2000", "Cancel"), calledOff, nil},
		"the order is called off":      {answer("Duplicate", "Cancel"), calledOff, nil},
		"an answer is no option":       {answer("Price-2000", "Gladly"), held, []v1.Question{price, twin}},
		"the order is cancelled":       {cancel, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0", nil},
		"nobody answers until the end": {at(24 * time.Hour), "Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0", nil},
		"the order is paused":          {all(pause, answer("Duplicate", "Keep")), held, []v1.Question{price, twin}},
		"the other order has gone":     {func(s *shop) { s.facts.Peers.Twin = "" }, held, []v1.Question{price}},
		"a person approves and corrects it": {func(s *shop) {
			s.edit(func(o *v1.OrderSpec) {
				o.ExpectedTotal, o.Approval = new(v1.Amount(2000)), &v1.Approval{Decision: v1.DecisionApprove}
			})
		}, goesOn, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := expects(t, v1.HoldCancel, v1.PaymentCard)
			s.facts.Class.Spec.Confirmation.DuplicateWindowMinutes = 10
			s.facts.Peers = Peers{Live: true, Twin: "order-0"}
			s.settle()
			if diff := cmp.Diff([]v1.Question{price, twin}, s.order().Status.Questions); diff != "" {
				t.Fatalf("questions (-want +got):\n%s", diff)
			}
			test.then(s)
			s.settle()
			if diff := cmp.Diff(test.want, s.text()); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.left, append([]v1.Question(nil), s.order().Status.Questions...)); diff != "" {
				t.Errorf("questions (-want +got):\n%s", diff)
			}
			told := meta.FindStatusCondition(s.order().Status.Conditions, v1.ConditionReady).Message
			if name == "an answer is no option" && !strings.Contains(told, `answer "Gladly" is no option`) {
				t.Errorf("the message is %q", told)
			}
		})
	}
}

// An answer about the shortage that an Order was created with may be anything, too.
func TestAnAnswerAboutAShortageThatIsNoOptionIsShown(t *testing.T) {
	s := shortOf(t, v1.ShortageAsk, nil)
	answer(QuestionShortage, "Maybe")(s)
	s.settle()
	c := meta.FindStatusCondition(s.order().Status.Conditions, v1.ConditionShortage)
	if !strings.HasSuffix(c.Message, `answer "Maybe" is no option and counts nothing`) {
		t.Errorf("the message is %q", c.Message)
	}
}

// An order that waits for its money expires, but a call that may have moved money
// is looked up first.
func TestAnUnpaidOrderExpiresButNeverWhileAPaymentIsOpen(t *testing.T) {
	for name, test := range map[string]struct {
		open  v1.OperationState
		want  string
		after string
		calls []string
	}{
		"no call is open": {
			"", "Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0", "Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0", nil,
		},
		"a call is intended": {
			v1.OperationIntended, "OnHold, busy PaymentUnclear; held 0 taken 0 back 0 due 2000",
			"Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0", []string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
		"a call is unclear": {
			v1.OperationUnknown, "OnHold, busy PaymentUnclear; held 0 taken 0 back 0 due 2000",
			"Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0", []string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := class(v1.CaptureOnDispatch)
			c.Spec.Payment.Providers = append(c.Spec.Payment.Providers, builtinProviders[1])
			s := newShop(t, c, v1.PaymentCard, 2)
			for test.open != "" && (len(operations(s.order())) == 0 || operations(s.order())[0].State != test.open) {
				s.bank.unheard = true
				s.look()
			}
			s.edit(func(o *v1.OrderSpec) { o.Payment.Method = v1.PaymentTransfer })
			s.order().Status = *Project(&s.facts, Outcome{}, s.now) // before any further call
			if v := s.condition(v1.ConditionValidated); v != "False/AwaitingPayment" {
				t.Fatalf("Validated is %s", v)
			}
			s.now = s.now.Add(72 * time.Hour)
			if Abandoned(&s.facts, s.now) != (test.open == "") {
				t.Errorf("at the deadline it is abandoned: %v", test.open != "")
			}
			s.look()
			if diff := cmp.Diff(test.want, s.text()); diff != "" {
				t.Errorf("at the deadline (-want +got):\n%s", diff)
			}
			s.bank.unheard = false
			s.now = s.now.Add(time.Hour)
			s.settle()
			if diff := cmp.Diff(test.after, s.text()); diff != "" {
				t.Errorf("after the answer (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.calls, s.calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}
