package lifecycle

import (
	"fmt"
	"slices"
	"strings"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// edge lists the phases that may follow a phase. A controller that was away
// sees several steps at once, so forward edges may skip phases.
type edge struct {
	from v1.OrderPhase
	to   []v1.OrderPhase
}

// graph is the one list of the changes of phase. The rule in the CRD is
// generated from it (GraphRule), and the diagram in docs/order-lifecycle.md
// (GraphDiagram); tests compare both.
var graph = []edge{
	{v1.OrderReceived, []v1.OrderPhase{v1.OrderOnHold, v1.OrderRejected, v1.OrderConfirmed, v1.OrderBackordered, v1.OrderCancelling, v1.OrderCancelled}},
	{v1.OrderOnHold, []v1.OrderPhase{v1.OrderReceived, v1.OrderRejected, v1.OrderConfirmed, v1.OrderBackordered, v1.OrderCancelling, v1.OrderCancelled}},
	{v1.OrderRejected, nil},
	{v1.OrderConfirmed, []v1.OrderPhase{v1.OrderBackordered, v1.OrderProcessing, v1.OrderShipped, v1.OrderDelivered, v1.OrderCompleted, v1.OrderCancelling, v1.OrderCancelled}},
	{v1.OrderBackordered, []v1.OrderPhase{v1.OrderConfirmed, v1.OrderProcessing, v1.OrderShipped, v1.OrderDelivered, v1.OrderCompleted, v1.OrderCancelling, v1.OrderCancelled}},
	{v1.OrderProcessing, []v1.OrderPhase{v1.OrderConfirmed, v1.OrderBackordered, v1.OrderShipped, v1.OrderDelivered, v1.OrderCompleted, v1.OrderCancelling, v1.OrderCancelled}},
	{v1.OrderShipped, []v1.OrderPhase{v1.OrderBackordered, v1.OrderProcessing, v1.OrderDelivered, v1.OrderCompleted}},
	{v1.OrderDelivered, []v1.OrderPhase{v1.OrderShipped, v1.OrderCompleted}},
	{v1.OrderCompleted, nil},
	{v1.OrderCancelling, []v1.OrderPhase{v1.OrderShipped, v1.OrderDelivered, v1.OrderCompleted, v1.OrderCancelled}},
	{v1.OrderCancelled, nil},
}

// Allowed says whether an Order may go from one phase to another. An Order
// without a phase may get any.
func Allowed(from, to v1.OrderPhase) bool {
	if from == "" || from == to {
		return true
	}
	for _, e := range graph {
		if e.from == from {
			return slices.Contains(e.to, to)
		}
	}
	return false
}

// Final says whether a phase is never left.
func Final(p v1.OrderPhase) bool {
	for _, e := range graph {
		if e.from == p {
			return len(e.to) == 0
		}
	}
	return false
}

// GraphRule is the CEL transition rule of OrderStatus.
func GraphRule() string {
	var b strings.Builder
	for _, e := range graph {
		if len(e.to) == 0 {
			continue
		}
		to := make([]string, len(e.to))
		for i, p := range e.to {
			to[i] = "'" + string(p) + "'"
		}
		fmt.Fprintf(&b, " || (oldSelf.phase == '%s' && self.phase in [%s])", e.from, strings.Join(to, ", "))
	}
	return "!has(oldSelf.phase) || (has(self.phase) && (self.phase == oldSelf.phase" + b.String() + "))"
}

// GraphDiagram is the graph as a mermaid state diagram.
func GraphDiagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> Received\n")
	for _, e := range graph {
		if len(e.to) == 0 {
			fmt.Fprintf(&b, "    %s --> [*]\n", e.from)
		}
		for _, to := range e.to {
			fmt.Fprintf(&b, "    %s --> %s\n", e.from, to)
		}
	}
	return b.String()
}
