package v1alpha1_test

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestOrderAnswers(t *testing.T)          { checkWrites(t, validOrder, orderAnswerUpdates) }
func TestOrderAnswersAgain(t *testing.T)     { checkWrites(t, orderWithFacts, orderAnswersAgain) }
func TestOrderShortageStatus(t *testing.T)   { checkWrites(t, validOrder, orderShortageStatus) }
func TestOrderShortagePolicies(t *testing.T) { checkWrites(t, validOrder, shortagePolicies()) }

// asks is a status with these questions, each with the same two options.
func asks(ids ...v1alpha1.Identifier) func(*v1alpha1.Order) {
	return func(o *v1alpha1.Order) {
		o.Status.Questions = nil
		for _, id := range ids {
			o.Status.Questions = append(o.Status.Questions, v1alpha1.Question{ID: id, Kind: "Shortage", Options: []string{"Wait", "Cancel"}})
		}
	}
}

// answers adds an answer.
func answers(question v1alpha1.Identifier, choice string) func(*v1alpha1.Order) {
	return func(o *v1alpha1.Order) {
		o.Spec.Answers = append(o.Spec.Answers, v1alpha1.Answer{Question: question, Choice: choice})
	}
}

var notAsked = refusal{"spec.answers", "an answer names a question of status.questions and one of its options"}

var orderAnswerUpdates = map[string]orderWrite{
	"an order that is restored from a backup brings its answers": {
		create: answers("q1", "Wait"),
	},
	"the first option can be chosen": {
		status: asks("q1"), update: answers("q1", "Wait"),
	},
	"the last option can be chosen": {
		status: asks("q1"), update: answers("q1", "Cancel"),
	},
	"what is no option cannot be chosen": {
		status: asks("q1"), update: answers("q1", "Gift"),
		refused: notAsked,
	},
	"an option in other letters is none": {
		status: asks("q1"), update: answers("q1", "wait"),
		refused: notAsked,
	},
	"the start of an option is none": {
		status: asks("q1"), update: answers("q1", "Wai"),
		refused: notAsked,
	},
	"a question that was not asked cannot be answered": {
		status: asks("q1"), update: answers("q2", "Wait"),
		refused: notAsked,
	},
	"nothing can be answered before anything is asked": {
		update:  answers("q1", "Wait"),
		refused: notAsked,
	},
	"an option of another question cannot be chosen": {
		status: func(o *v1alpha1.Order) { asks("q1", "q2")(o); o.Status.Questions[1].Options = []string{"Gift"} },
		update: answers("q1", "Gift"), refused: notAsked,
	},
	"a question without options cannot be answered": {
		status: func(o *v1alpha1.Order) { asks("q1")(o); o.Status.Questions[0].Options = nil },
		update: answers("q1", "Wait"), refused: notAsked,
	},
	"all questions can be answered at once": {
		status: asks("q1", "q2"),
		update: func(o *v1alpha1.Order) { answers("q1", "Wait")(o); answers("q2", "Cancel")(o) },
	},
	"a wrong answer is refused with the right one beside it": {
		status: asks("q1", "q2"),
		update: func(o *v1alpha1.Order) { answers("q1", "Wait")(o); answers("q2", "Gift")(o) }, refused: notAsked,
	},
	"a question is answered once": {
		status:  asks("q1"),
		update:  func(o *v1alpha1.Order) { answers("q1", "Wait")(o); answers("q1", "Wait")(o) },
		refused: refusal{"spec.answers[1]", "Duplicate value"},
	},
	"what a customer writes as the status does not count": {
		update:  func(o *v1alpha1.Order) { asks("q1")(o); answers("q1", "Wait")(o) },
		refused: notAsked,
	},
}

// orderAnswersAgain are writes to an Order that holds an answer to q1.
var orderAnswersAgain = map[string]orderWrite{
	"an answer stays when its question has gone": {
		statusBefore: asks("q1"), status: asks(),
		update: func(o *v1alpha1.Order) { o.Spec.Priority = 5 },
	},
	"an answer stays when its options have changed": {
		status: func(o *v1alpha1.Order) { asks("q1")(o); o.Status.Questions[0].Options = []string{"Gift"} },
		update: func(o *v1alpha1.Order) { o.Spec.Priority = 5 },
	},
	"the next question can be answered when the first has gone": {
		statusBefore: asks("q1"), status: asks("q2"),
		update: answers("q2", "Wait"),
	},
	"an old answer opens no other question": {
		status: asks("q1"), update: answers("q2", "Wait"),
		refused: notAsked,
	},
	"a given answer cannot be changed to another option": {
		status: asks("q1"), update: func(o *v1alpha1.Order) { o.Spec.Answers[0].Choice = "Cancel" },
		refused: refusal{"spec.answers[0]", "an answer cannot be changed"},
	},
	"a given answer cannot be exchanged for the answer to another question": {
		status: asks("q1", "q2"), update: func(o *v1alpha1.Order) { o.Spec.Answers[0].Question = "q2" },
		refused: answerRemoved,
	},
}

// shortagePolicies gives an Order each policy.
func shortagePolicies() map[string]orderWrite {
	cases := map[string]orderWrite{
		"an unknown policy": {
			create:  func(o *v1alpha1.Order) { o.Spec.ShortagePolicy = "Substitute" },
			refused: refusal{"spec.shortagePolicy", "Unsupported value"},
		},
	}
	for _, p := range []v1alpha1.ShortagePolicy{
		v1alpha1.ShortageBackorder, v1alpha1.ShortageShipAvailable, v1alpha1.ShortageCancelLine,
		v1alpha1.ShortageCancelOrder, v1alpha1.ShortageAsk,
	} {
		cases[string(p)] = orderWrite{create: func(o *v1alpha1.Order) { o.Spec.ShortagePolicy = p }}
	}
	return cases
}

// policy is the status of an Order confirmed under a policy.
func policy(change func(*v1alpha1.PolicySnapshot)) func(*v1alpha1.Order) {
	return func(o *v1alpha1.Order) {
		confirmed(o)
		o.Status.Policy = &v1alpha1.PolicySnapshot{
			Provider:  v1alpha1.PaymentProvider{Name: "card", Method: v1alpha1.PaymentCard, Type: v1alpha1.ProviderSimulated},
			Shortage:  v1alpha1.ShortageBackorder,
			Warehouse: v1alpha1.WarehousePolicy{Type: v1alpha1.WarehouseManual},
			Carrier:   v1alpha1.CarrierPolicy{Type: v1alpha1.CarrierManual},
		}
		change(o.Status.Policy)
	}
}

// waives is a status in which the end of the hold has waived these findings.
func waives(reasons ...v1alpha1.WaivableReason) func(*v1alpha1.Order) {
	return func(o *v1alpha1.Order) {
		o.Status.Waiver = &v1alpha1.Waiver{At: metav1.Unix(0, 0), Total: 1, Reasons: append([]v1alpha1.WaivableReason{}, reasons...)}
	}
}

// options is a status with one question of so many options.
func options(number int) func(*v1alpha1.Order) {
	return func(o *v1alpha1.Order) {
		asks("q1")(o)
		o.Status.Questions[0].Options = nil
		for i := range number {
			o.Status.Questions[0].Options = append(o.Status.Questions[0].Options, fmt.Sprint(i))
		}
	}
}

// questions is a status with so many questions.
func questions(number int) func(*v1alpha1.Order) {
	var ids []v1alpha1.Identifier
	for i := range number {
		ids = append(ids, v1alpha1.Identifier(fmt.Sprintf("q%d", i)))
	}
	return asks(ids...)
}

var orderShortageStatus = map[string]orderWrite{
	"a policy of an operator that knew neither ask nor allocation": {
		updateStatus: policy(func(*v1alpha1.PolicySnapshot) {}),
	},
	"the policy that was confirmed is kept whole": {
		updateStatus: policy(func(p *v1alpha1.PolicySnapshot) {
			p.Shortage = v1alpha1.ShortageAsk
			p.Ask = &v1alpha1.AskPolicy{DeadlineHours: 8760, OnDeadline: v1alpha1.ShortageCancelOrder}
			p.Allocation = &v1alpha1.AllocationPolicy{
				Rules: []v1alpha1.AllocationRule{v1alpha1.RuleNearest}, Mode: v1alpha1.AllocationAllOrNothing,
				MaxSplits: ptr.To[int32](1), FenceAfterHours: ptr.To[int32](0),
			}
		}),
	},
	"a deadline that asks again is no policy": {
		updateStatus: policy(func(p *v1alpha1.PolicySnapshot) {
			p.Ask = &v1alpha1.AskPolicy{DeadlineHours: 1, OnDeadline: v1alpha1.ShortageAsk}
		}),
		refused: refusal{"status.policy.ask.onDeadline", noAnswer},
	},
	"a unit of a line can be cut": {
		updateStatus: func(o *v1alpha1.Order) {
			picking(o)
			o.Status.Lines[0].Cut = 3
		},
	},
	"less than nothing cannot be cut": {
		updateStatus: func(o *v1alpha1.Order) {
			picking(o)
			o.Status.Lines[0].Cut = -1
		},
		refused: refusal{"status.lines[0].cut", "should be greater than or equal to 0"},
	},
	"eight options can be offered": {updateStatus: options(8)},
	"nine options cannot": {
		updateStatus: options(9),
		refused:      refusal{"status.questions[0].options", "Too many"},
	},
	"an option of 63 characters can be answered": {
		updateStatus: func(o *v1alpha1.Order) {
			asks("q1")(o)
			o.Status.Questions[0].Options[0] = strings.Repeat("w", 63)
		},
	},
	"an option of 64 characters could not be answered": {
		updateStatus: func(o *v1alpha1.Order) {
			asks("q1")(o)
			o.Status.Questions[0].Options[0] = strings.Repeat("w", 64)
		},
		refused: refusal{"status.questions[0].options[0]", "Too long"},
	},
	"the end of a hold can waive every matter of judgement": {
		updateStatus: waives("PriceMismatch", "DuplicateSuspect", "OverCreditLimit", "ManualApproval"),
	},
	"it cannot waive anything else": {
		updateStatus: waives("AddressIncomplete"),
		refused:      refusal{"status.waiver.reasons[0]", "Unsupported value"},
	},
	"it cannot waive nothing": {
		updateStatus: waives(),
		refused:      refusal{"status.waiver.reasons", "should have at least 1 items"},
	},
	"it waives each reason once": {
		updateStatus: waives("ManualApproval", "ManualApproval"),
		refused:      refusal{"status.waiver.reasons[1]", "Duplicate value"},
	},
	"the longest id of a question about a price can be asked": {
		updateStatus: asks("Price-9007199254740991"),
	},
	"twenty questions can be asked": {updateStatus: questions(20)},
	"twenty-one cannot": {
		updateStatus: questions(21),
		refused:      refusal{"status.questions", "Too many"},
	},
	"a question is asked once": {
		updateStatus: asks("q1", "q1"),
		refused:      refusal{"status.questions[1]", "Duplicate value"},
	},
}
