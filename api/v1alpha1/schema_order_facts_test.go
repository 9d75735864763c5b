package v1alpha1_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
)

func TestOrderFactUpdates(t *testing.T)   { checkWrites(t, orderWithFacts, orderFactUpdates) }
func TestOrderStatusUpdates(t *testing.T) { checkWrites(t, validOrder, orderStatusUpdates) }

// orderWithFacts is an Order with one fact of each kind.
func orderWithFacts() *v1alpha1.Order {
	o := validOrder()
	o.Spec.Answers = []v1alpha1.Answer{{Question: "q1", Choice: "Wait"}}
	o.Spec.Payment.Received = []v1alpha1.ReceivedPayment{{ID: "r1", Amount: 4640, At: earlier}}
	o.Spec.Payment.Refunded = []v1alpha1.ReceivedPayment{{ID: "b1", Amount: 40, At: earlier}}
	o.Spec.Cases = []v1alpha1.Case{{ID: "k1", Type: "Complaint", Text: "a dent", OpenedAt: earlier}}
	return o
}

var (
	answerRemoved  = refusal{"spec.answers", "an answer cannot be taken back; apply the complete list or use a field manager for each answer"}
	paymentRemoved = refusal{"spec.payment.received", "a recorded payment cannot be removed; apply the complete list or use a field manager for each payment"}
	refundRemoved  = refusal{"spec.payment.refunded", "a recorded refund cannot be removed; apply the complete list or use a field manager for each refund"}
	caseRemoved    = refusal{"spec.cases", "a case cannot be removed; apply the complete list or use a field manager for each case"}
	caseChanged    = refusal{"spec.cases[0]", "a case cannot be changed, but for response and closedAt; open a new case that reopens it"}
	caseResponse   = refusal{"spec.cases[0].response", "response is written once; open a new case that reopens it"}
	caseClosed     = refusal{"spec.cases[0].closedAt", "closedAt is written once; open a new case that reopens it"}
)

var orderFactUpdates = map[string]orderWrite{
	"facts can be added": {
		status: asks("q2"),
		update: func(o *v1alpha1.Order) {
			o.Spec.Answers = append(o.Spec.Answers, v1alpha1.Answer{Question: "q2", Choice: "Cancel"})
			o.Spec.Payment.Received = append(o.Spec.Payment.Received, v1alpha1.ReceivedPayment{ID: "r2", Amount: 1, At: later})
			o.Spec.Cases = append(o.Spec.Cases, v1alpha1.Case{ID: "k2", Type: "Question", OpenedAt: later, Reopens: "k1"})
		},
	},
	"an answer cannot be changed": {
		update:  func(o *v1alpha1.Order) { o.Spec.Answers[0].Choice = "Cancel" },
		refused: refusal{"spec.answers[0]", "an answer cannot be changed"},
	},
	"an answer cannot be replaced by another one": {
		update:  func(o *v1alpha1.Order) { o.Spec.Answers[0].Question = "q2" },
		refused: answerRemoved,
	},
	"the list of answers cannot be dropped": {
		update:  func(o *v1alpha1.Order) { o.Spec.Answers = nil },
		refused: answerRemoved,
	},
	"a recorded payment cannot be changed": {
		update:  func(o *v1alpha1.Order) { o.Spec.Payment.Received[0].Amount++ },
		refused: refusal{"spec.payment.received[0]", "a recorded payment cannot be changed"},
	},
	"a recorded payment cannot be moved in time": {
		update:  func(o *v1alpha1.Order) { o.Spec.Payment.Received[0].At = later },
		refused: refusal{"spec.payment.received[0]", "a recorded payment cannot be changed"},
	},
	"a recorded payment cannot be renamed": {
		update:  func(o *v1alpha1.Order) { o.Spec.Payment.Received[0].ID = "r2" },
		refused: paymentRemoved,
	},
	"the list of recorded payments cannot be dropped": {
		update:  func(o *v1alpha1.Order) { o.Spec.Payment.Received = nil },
		refused: paymentRemoved,
	},
	"a recorded refund cannot be changed": {
		update:  func(o *v1alpha1.Order) { o.Spec.Payment.Refunded[0].Amount++ },
		refused: refusal{"spec.payment.refunded[0]", "a recorded payment cannot be changed"},
	},
	"the list of recorded refunds cannot be dropped": {
		update:  func(o *v1alpha1.Order) { o.Spec.Payment.Refunded = nil },
		refused: refundRemoved,
	},
	"a payment of one minor unit can be recorded": {
		create: func(o *v1alpha1.Order) { o.Spec.Payment.Received[0].Amount = 1 },
	},
	"a payment of nothing cannot be recorded": {
		create:  func(o *v1alpha1.Order) { o.Spec.Payment.Received[0].Amount = 0 },
		refused: refusal{"spec.payment.received[0].amount", "should be greater than or equal to 1"},
	},
	"a case can be answered and closed": {
		update: func(o *v1alpha1.Order) {
			o.Spec.Cases[0].Response, o.Spec.Cases[0].ClosedAt = "a new one is on its way", &later
		},
	},
	"a case cannot get another type": {
		update:  func(o *v1alpha1.Order) { o.Spec.Cases[0].Type = "Repair" },
		refused: caseChanged,
	},
	"a case cannot get another text": {
		update:  func(o *v1alpha1.Order) { o.Spec.Cases[0].Text = "two dents" },
		refused: caseChanged,
	},
	"a case cannot lose its text": {
		update:  func(o *v1alpha1.Order) { o.Spec.Cases[0].Text = "" },
		refused: caseChanged,
	},
	"a case cannot be moved in time": {
		update:  func(o *v1alpha1.Order) { o.Spec.Cases[0].OpenedAt = later },
		refused: caseChanged,
	},
	"a case cannot reopen another one afterwards": {
		update:  func(o *v1alpha1.Order) { o.Spec.Cases[0].Reopens = "k0" },
		refused: caseChanged,
	},
	"a response cannot be changed": {
		create:  func(o *v1alpha1.Order) { o.Spec.Cases[0].Response = "yes" },
		update:  func(o *v1alpha1.Order) { o.Spec.Cases[0].Response = "no" },
		refused: caseResponse,
	},
	"a response cannot be taken back": {
		create:  func(o *v1alpha1.Order) { o.Spec.Cases[0].Response = "yes" },
		update:  func(o *v1alpha1.Order) { o.Spec.Cases[0].Response = "" },
		refused: caseResponse,
	},
	"a case cannot be closed twice": {
		create:  func(o *v1alpha1.Order) { o.Spec.Cases[0].ClosedAt = &earlier },
		update:  func(o *v1alpha1.Order) { o.Spec.Cases[0].ClosedAt = &later },
		refused: caseClosed,
	},
	"a case cannot be opened again in place": {
		create:  func(o *v1alpha1.Order) { o.Spec.Cases[0].ClosedAt = &earlier },
		update:  func(o *v1alpha1.Order) { o.Spec.Cases[0].ClosedAt = nil },
		refused: caseClosed,
	},
	"a case cannot be removed": {
		update:  func(o *v1alpha1.Order) { o.Spec.Cases[0].ID = "k2" },
		refused: caseRemoved,
	},
	"the list of cases cannot be dropped": {
		update:  func(o *v1alpha1.Order) { o.Spec.Cases = nil },
		refused: caseRemoved,
	},
}

var (
	phaseNotAllowed      = refusal{"status.phase", "the phase cannot change in this way; docs/order-lifecycle.md shows the allowed changes"}
	confirmedAtNotFrozen = refusal{"status", "confirmedAt is written once"}
)

func phase(p v1alpha1.OrderPhase) func(*v1alpha1.Order) {
	return func(o *v1alpha1.Order) { o.Status.Phase = p }
}

var orderStatusUpdates = map[string]orderWrite{
	"an order without a phase may get any": {
		updateStatus: phase(v1alpha1.OrderShipped),
	},
	"the phase may stay": {
		status: phase(v1alpha1.OrderCompleted), updateStatus: phase(v1alpha1.OrderCompleted),
	},
	"a phase cannot be lost": {
		status: phase(v1alpha1.OrderReceived), updateStatus: phase(""),
		refused: phaseNotAllowed,
	},
	"a status cannot be lost with its phase": {
		status: confirmed, updateStatus: func(o *v1alpha1.Order) { o.Status = v1alpha1.OrderStatus{} },
		refused: phaseNotAllowed,
	},
	"a completed order stays completed": {
		status: phase(v1alpha1.OrderCompleted), updateStatus: phase(v1alpha1.OrderProcessing),
		refused: phaseNotAllowed,
	},
	"confirmedAt can be written": {
		updateStatus: confirmed,
	},
	"confirmedAt can be written again as it is": {
		status: confirmed, updateStatus: confirmed,
	},
	"confirmedAt cannot be moved, not by a microsecond": {
		status: confirmed,
		updateStatus: func(o *v1alpha1.Order) {
			at := metav1.NewMicroTime(o.Status.ConfirmedAt.Add(1000))
			o.Status.ConfirmedAt = &at
		},
		refused: confirmedAtNotFrozen,
	},
	"confirmedAt cannot be lost": {
		status: confirmed, updateStatus: func(o *v1alpha1.Order) { o.Status.ConfirmedAt = nil },
		refused: confirmedAtNotFrozen,
	},
}

// The rule about phases is generated from the graph; this shows that the API
// server reads it as the graph was meant, for each pair of phases.
func TestOrderPhasesFollowTheGraph(t *testing.T) {
	phases := []v1alpha1.OrderPhase{
		v1alpha1.OrderReceived, v1alpha1.OrderOnHold, v1alpha1.OrderRejected, v1alpha1.OrderConfirmed,
		v1alpha1.OrderBackordered, v1alpha1.OrderProcessing, v1alpha1.OrderShipped, v1alpha1.OrderDelivered,
		v1alpha1.OrderCompleted, v1alpha1.OrderCancelling, v1alpha1.OrderCancelled,
	}
	cases := map[string]orderWrite{}
	for _, from := range phases {
		for _, to := range phases {
			w := orderWrite{status: phase(from), updateStatus: phase(to)}
			if !lifecycle.Allowed(from, to) {
				w.refused = phaseNotAllowed
			}
			cases[string(from+" -> "+to)] = w
		}
	}
	checkWrites(t, validOrder, cases)
}

func TestOrderDefaults(t *testing.T) {
	o := validOrder()
	o.Namespace, o.Name = newNamespace(t), "defaults"
	o.Spec.Channel, o.Spec.Cancel = "", &v1alpha1.CancelRequest{}
	o.Status.Phase = v1alpha1.OrderCompleted // not for the one who creates it to say
	create(t.Context(), t, o)

	want := validOrder().Spec
	want.Channel, want.Cancel = "direct", &v1alpha1.CancelRequest{Restock: v1alpha1.RestockRestock}
	want.ServiceLevel, want.Management = v1alpha1.ServiceStandard, v1alpha1.ManagementActive
	for i := range want.Lines {
		want.Lines[i].Tax = v1alpha1.TaxIncluded
	}
	mustEqual(t, "spec", o.Spec, want)
	mustEqual(t, "status", o.Status, v1alpha1.OrderStatus{ObservedGeneration: -1})
}
