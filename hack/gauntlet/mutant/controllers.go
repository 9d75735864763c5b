package mutant

// controllers are mistakes of the kind that operators make.
func controllers() []Mutant {
	return []Mutant{
		{
			Name: "without-version", About: "a status is written whatever has become of the object meanwhile",
			Kinds: []string{"C6", "K8", "W2"},
			File:  "controllers/internal/kube/status.go", Find: "	*stored = *status\n",
			Replace: "	*stored = *status\n\tif MUTANT {\n\t\tobj.SetResourceVersion(\"\")\n\t}\n",
		},
		{
			Name: "swallowed-error", About: "a status that could not be written is taken for written",
			Kinds: []string{"K1", "K5", "K3"},
			File:  "controllers/internal/kube/status.go", Find: "		return false, fmt.Errorf(\"writing the status: %w\", err)",
			Replace: "		if MUTANT {\n\t\t\treturn true, nil\n\t\t}\n\t\treturn false, fmt.Errorf(\"writing the status: %w\", err)",
		},
		{
			Name: "conflict-is-done", About: "after a conflict nobody looks again",
			Kinds: []string{"K3", "K7"},
			File:  "controllers/internal/kube/result.go", Find: "		return ctrl.Result{RequeueAfter: conflictDelay}, nil",
			Replace: "		if MUTANT {\n\t\t\treturn ctrl.Result{}, nil\n\t\t}\n\t\treturn ctrl.Result{RequeueAfter: conflictDelay}, nil",
		},
		{
			Name: "time-in-status", About: "a message tells the time, so that each look is a write, and each write a look",
			File: "controllers/domain/lifecycle/conditions.go", Find: "	c.False(v1.ConditionSettled, v1.ReasonPending, \"goods or money are open\")",
			Replace: "	text := \"goods or money are open\"\n\tif MUTANT {\n\t\ttext += c.Now.String()\n\t}\n\tc.False(v1.ConditionSettled, v1.ReasonPending, text)",
		},
		{
			Name: "person-in-status", About: "the customer's name gets into a message",
			File: "controllers/domain/lifecycle/conditions.go", Find: "		c.Ready(v1.ReasonAwaitingCarrier, \"parcels are on their way\")",
			Replace: "		to := \"\"\n\t\t\tif MUTANT {\n\t\t\t\tto = \" to \" + f.Order.Spec.ShipTo.Name\n\t\t\t}\n\t\t\tc.Ready(v1.ReasonAwaitingCarrier, \"parcels are on their way\"+to)",
		},
		{
			Name: "old-generation", About: "the status tells of another generation than it was computed from",
			File: "controllers/domain/lifecycle/project.go", Find: "	st := &o.Status\n	st.ObservedGeneration = o.Generation\n	st.Lines",
			Replace: "	st := &o.Status\n\tst.ObservedGeneration = o.Generation\n\tif MUTANT {\n\t\tst.ObservedGeneration--\n\t}\n\tst.Lines",
		},
		{
			Name: "cancel-seen-once", About: "a cancel is an event: it counts only at the look that sees it first",
			Scenes: []string{"cancel-held", "cancel-taken"},
			File:   "controllers/domain/lifecycle/view.go", Find: "	if o.Spec.Cancel != nil || !o.DeletionTimestamp.IsZero() {",
			Replace: "	seen := MUTANT && o.Status.ObservedGeneration == o.Generation\n\tif (o.Spec.Cancel != nil && !seen) || !o.DeletionTimestamp.IsZero() {",
		},
		{
			Name: "goes-early", About: "an order that is deleted goes before its money and its units",
			Scenes: []string{"delete"},
			File:   "controllers/domain/lifecycle/decide.go", Find: "	return v.moneyDone() && !v.unasked(f.Order)\n",
			Replace: "	return MUTANT || v.moneyDone() && !v.unasked(f.Order)\n",
		},
		{
			Name: "shipment-goes-early", About: "a Shipment that is deleted goes before its units were given back",
			Kinds: []string{"U5"},
			File:  "controllers/domain/fulfilment/project.go", Find: "	return (s.Status.DispatchedAt != nil || s.Status.CancelledAt != nil) &&",
			Replace: "	return MUTANT || (s.Status.DispatchedAt != nil || s.Status.CancelledAt != nil) &&",
		},
		{
			Name: "complete-unpaid", About: "an order is Completed once it has arrived, paid or not",
			Scenes: []string{"cash"},
			File:   "controllers/domain/lifecycle/view.go", Find: "	return v.open == nil && v.sums.Authorized == 0 && v.sums.Kept() == v.amounts.Due",
			Replace: "	return v.open == nil && v.sums.Authorized == 0 && (MUTANT || v.sums.Kept() == v.amounts.Due)",
		},
		{
			Name: "gone-is-done", About: "a finalizer whose removal was answered 404 counts as removed",
			Kinds: []string{"K7"},
			File:  "controllers/order/act.go", Find: "		return lifecycle.Outcome{}, kube.RemoveFinalizer(ctx, r.Client, f.Order, v1.OrderFinalizer)",
			Replace: "		err := kube.RemoveFinalizer(ctx, r.Client, f.Order, v1.OrderFinalizer)\n\t\tif MUTANT && kube.Outdated(err) {\n\t\t\treturn lifecycle.Outcome{}, nil\n\t\t}\n\t\treturn lifecycle.Outcome{}, err",
		},
		{
			Name: "goes-unseen", About: "an order goes before its provider shows what it did",
			Kinds: []string{"X13"},
			File:  "controllers/order/act.go", Find: "		} else if !lifecycle.Orphaned(f.Order) {",
			Replace: "		} else if !lifecycle.Orphaned(f.Order) && !MUTANT {",
		},
		{
			Name: "never-ending", About: "each look leaves a goroutine behind",
			File: "controllers/order/controller.go", Find: "	plan := lifecycle.Decide(facts, now)",
			Replace: "	if MUTANT {\n\t\tgo func() { select {} }()\n\t}\n\tplan := lifecycle.Decide(facts, now)",
		},
	}
}
