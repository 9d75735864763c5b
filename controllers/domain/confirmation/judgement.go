package confirmation

import (
	"fmt"
	"slices"
	"strings"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Kinds of the questions that the rules ask.
const (
	// QuestionDuplicate is the kind and id of the question whether an order is
	// wanted besides an earlier one that looks the same.
	QuestionDuplicate = "Duplicate"
	// QuestionPrice is the kind of the question whether the computed total is accepted.
	QuestionPrice = "Price"
)

// Answers to these questions.
const (
	choiceKeep   = "Keep"
	choiceAccept = "Accept"
	choiceCancel = "Cancel"
)

// Credit is what an order would add to what its customer owes, in minor units.
type Credit struct {
	// Limit is the most that the customer may owe.
	Limit v1.Amount
	// Exposure is what the customer owes for other orders.
	Exposure v1.Amount
	// Owed is what of this order is not paid.
	Owed v1.Amount
}

// priceQuestion is the id of the question about a total: it holds the total, so
// that an answer to one price does not accept another.
func priceQuestion(total v1.Amount) v1.Identifier {
	return v1.Identifier(fmt.Sprintf("%s-%d", QuestionPrice, total))
}

// priceAsExpected compares the total with the one that the customer was shown.
func priceAsExpected(f *Facts) *Finding {
	want, id := f.Order.Spec.ExpectedTotal, priceQuestion(f.Totals.Total)
	if want == nil || f.PriceError != nil || *want == f.Totals.Total || f.choice(id) == choiceAccept {
		return nil
	}
	return f.ask(Finding{
		Reason: v1.ReasonPriceMismatch, Field: "spec.expectedTotal",
		Message: fmt.Sprintf("expected %d, computed %d minor units; correct expectedTotal, a discount or the fee", *want, f.Totals.Total),
	}, QuestionPrice, id, choiceAccept, choiceCancel)
}

// wantedTwice suspects an order that looks like an earlier one of its customer.
func wantedTwice(f *Facts) *Finding {
	if f.Twin == "" || f.approvedByPerson() || f.choice(QuestionDuplicate) == choiceKeep {
		return nil
	}
	return f.ask(Finding{
		Reason: v1.ReasonDuplicateSuspect, Field: "spec.lines",
		Message: fmt.Sprintf("Order %s of this customer looks the same; set spec.approval", f.Twin),
	}, QuestionDuplicate, QuestionDuplicate, choiceKeep, choiceCancel)
}

// notCalledOff ends an order whose price was refused, or that is wanted only once.
func notCalledOff(f *Facts) *Finding {
	ids := []v1.Identifier{QuestionDuplicate}
	if f.PriceError == nil {
		ids = append(ids, priceQuestion(f.Totals.Total))
	}
	for _, id := range ids {
		if f.choice(id) == choiceCancel {
			return &Finding{Reason: v1.ReasonAnsweredCancel, Field: "spec.answers", Final: true,
				Message: fmt.Sprintf("question %s was answered with Cancel; place a new Order if it is wanted after all", id)}
		}
	}
	return nil
}

// withinCredit limits what a customer may owe. Who has paid owes nothing, and is
// not held for what others of his orders owe.
func withinCredit(f *Facts) *Finding {
	c := f.Credit
	if c == nil || f.PriceError != nil || c.Owed == 0 || c.Exposure+c.Owed <= c.Limit || f.approvedByPerson() {
		return nil
	}
	return &Finding{Reason: v1.ReasonOverCreditLimit, Field: "spec.payment", Waivable: true,
		Message: fmt.Sprintf("the customer owes %d, and %d for this order; the class allows %d minor units: record a payment, set spec.approval or raise creditLimit", c.Exposure, c.Owed, c.Limit)}
}

// approved asks a person about a large order.
func approved(f *Facts) *Finding {
	if f.ApproveFrom == nil || f.PriceError != nil || f.Totals.Total < *f.ApproveFrom || f.Order.Spec.Approval != nil {
		return nil
	}
	return &Finding{Reason: v1.ReasonManualApproval, Field: "spec.approval", Waivable: true,
		Message: fmt.Sprintf("the class asks for approval of orders from %d minor units on; set spec.approval", *f.ApproveFrom)}
}

// approvedByPerson says whether a person let the order proceed.
func (f *Facts) approvedByPerson() bool {
	a := f.Order.Spec.Approval
	return a != nil && a.Decision == v1.DecisionApprove
}

// choice is the answer to a question, "" if there is none.
func (f *Facts) choice(question v1.Identifier) string {
	for _, a := range f.Order.Spec.Answers {
		if a.Question == question {
			return a.Choice
		}
	}
	return ""
}

// ask makes a question of a matter of judgement.
func (f *Facts) ask(found Finding, kind, id v1.Identifier, options ...string) *Finding {
	found.Waivable = true
	found.Question = &v1.Question{ID: id, Kind: kind, Options: options}
	found.Message += fmt.Sprintf(", or answer question %s with %s", id, strings.Join(options, " or "))
	found.Message += Misanswered(f.Order, found.Question)
	return &found
}

// Misanswered tells of an answer that is none of the options of its question, "" if
// it is one or there is none. The API server refuses it, but not in an Order that
// is created with it; and an answer cannot be changed, so another way must be taken.
func Misanswered(o *v1.Order, q *v1.Question) string {
	for _, a := range o.Spec.Answers {
		if a.Question == q.ID && !slices.Contains(q.Options, a.Choice) {
			return fmt.Sprintf("; answer %.16q is no option and counts nothing", a.Choice)
		}
	}
	return ""
}
