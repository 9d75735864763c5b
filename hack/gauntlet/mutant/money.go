package mutant

import "slices"

// All are the mutants there are.
func All() []Mutant {
	return slices.Concat(money(), stock(), counts(), identity(), delivery(), controllers())
}

// money are mistakes about payments.
func money() []Mutant {
	return []Mutant{
		{
			Name: "new-key-per-retry", About: "each attempt of a call has another idempotency key",
			Kinds: []string{"X15", "X2", "K2"},
			File:  "controllers/domain/payment/outcome.go", Find: "	if op.Renewals == 0 {",
			Replace: "	if MUTANT {\n\t\treturn fmt.Sprintf(\"%s-%d\", op.ID, op.Attempts+2)\n\t}\n\tif op.Renewals == 0 {",
		},
		{
			Name: "no-look-up", About: "an operation without a result is sent again without being looked up",
			Kinds: []string{"X11", "X3", "X15"},
			File:  "controllers/order/pay.go", Find: "	answer, err := provider.Lookup(ctx, request)",
			Replace: "	answer, err := provider.Lookup(ctx, request)\n\tif MUTANT {\n\t\tanswer, err = nil, port.ErrUnknown\n\t}",
		},
		{
			Name: "unbooked-is-no", About: "no clear answer of a carrier is taken for a refusal",
			Kinds: []string{"X2", "X11"},
			File:  "controllers/shipment/book.go", Find: "		b = booking.Unclear(b, how == sent, port.Mend(err), now)",
			Replace: "		b = booking.Unclear(b, how == sent, port.Mend(err), now)\n\t\tif MUTANT && how == sent {\n\t\t\tb.State = v1.BookingRefused\n\t\t}",
		},
		{
			Name: "void-is-done", About: "a booking counts as taken back once the carrier was told, whatever it has answered",
			Kinds: []string{"X16"},
			File:  "controllers/domain/booking/call.go", Find: "		b.State = v1.BookingKept",
			Replace: "		b.State = v1.BookingKept\n\t\tif MUTANT {\n\t\t\tb.State = v1.BookingVoided\n\t\t}",
		},
		{
			Name: "unclear-is-no", About: "no clear answer is taken for a decline",
			Kinds: []string{"X2", "X1"},
			File:  "controllers/order/pay.go", Find: "		op = domain.Unclear(op, port.Mend(err), now)",
			Replace: "		op = domain.Unclear(op, port.Mend(err), now)\n\t\tif MUTANT {\n\t\t\top.State = v1.OperationDeclined\n\t\t}",
		},
		{
			Name: "failure-is-no", About: "the answer 500 is taken for a decline",
			Kinds: []string{"X11"},
			File:  "controllers/order/pay.go", Find: "		op = domain.Fail(op, now)",
			Replace: "		op = domain.Fail(op, now)\n\t\tif MUTANT {\n\t\t\top.State = v1.OperationDeclined\n\t\t}",
		},
		{
			Name: "later-is-no", About: "a provider that decides later is taken to have declined",
			Kinds: []string{"X7"},
			File:  "controllers/provider/payment/gateway/answer.go", Find: "	case http.StatusAccepted:\n",
			Replace: "	case http.StatusAccepted:\n\t\tif MUTANT {\n\t\t\treturn &payment.Answer{Declined: true, Amount: r.Amount, Currency: r.Currency, Parent: r.Parent}, nil\n\t\t}\n",
		},
		{
			Name: "tries-for-ever", About: "a declined call is tried again at once",
			Kinds: []string{"X9"},
			File:  "controllers/domain/payment/next.go", Find: "		return op.Basis < generation",
			Replace: "		return op.Basis < generation || MUTANT",
		},
		{
			Name: "lost-cent", About: "one minor unit less is captured than is due",
			File: "controllers/domain/pricing/due.go", Find: "	due := Due(a, lines)\n	switch moment {",
			Replace: "	due := Due(a, lines)\n\tif MUTANT && due > 0 {\n\t\tdue--\n\t}\n\tswitch moment {",
		},
		{
			Name: "refund-too-much", About: "a refund asks for more than is owed",
			Scenes: []string{"cancel-taken", "lower"},
			File:   "controllers/domain/payment/next.go", Find: "on(v1.OperationRefund, min(over, rest), parent)",
			Replace: "on(v1.OperationRefund, func() v1.Amount {\n\t\t\tif MUTANT {\n\t\t\t\treturn rest\n\t\t\t}\n\t\t\treturn min(over, rest)\n\t\t}(), parent)",
		},
		{
			Name: "capture-forgets", About: "a capture does not count what was captured before",
			Scenes: []string{"backorder"},
			File:   "controllers/domain/payment/next.go", Find: "	if want := n.Capture - s.Kept(); want > 0",
			Replace: "	kept := s.Kept()\n\tif MUTANT {\n\t\tkept = 0\n\t}\n\tif want := n.Capture - kept; want > 0",
		},
		{
			Name: "hold-forgotten", About: "what is held for a cancelled order is not released",
			Scenes: []string{"cancel-held"},
			File:   "controllers/domain/payment/next.go", Find: "	if n.Close || (n.Authorize > 0 && s.Authorized != n.Authorize) {",
			Replace: "	if (n.Close && !MUTANT) || (n.Authorize > 0 && s.Authorized != n.Authorize) {",
		},
		{
			Name: "capture-early", About: "the whole price is taken before anything has left",
			Scenes: []string{"backorder"},
			File:   "controllers/domain/lifecycle/view.go", Find: "			Capture: pricing.CaptureTarget(v.provider.Capture, &v.amounts, v.lines),",
			Replace: "			Capture: func() v1.Amount {\n\t\t\t\tif MUTANT {\n\t\t\t\t\treturn v.amounts.Total\n\t\t\t\t}\n\t\t\t\treturn pricing.CaptureTarget(v.provider.Capture, &v.amounts, v.lines)\n\t\t\t}(),",
		},
		{
			Name: "no-refund", About: "what was taken for cancelled units stays",
			Scenes: []string{"cancel-taken"},
			File:   "controllers/domain/lifecycle/view.go", Find: "			Keep:    v.amounts.Due,",
			Replace: "			Keep: func() v1.Amount {\n\t\t\t\tif MUTANT {\n\t\t\t\t\treturn v.amounts.Total\n\t\t\t\t}\n\t\t\t\treturn v.amounts.Due\n\t\t\t}(),",
		},
		{
			Name: "forged-callback", About: "a callback is taken whoever has signed it",
			Kinds: []string{"X8"},
			File:  "controllers/provider/port/webhook.go", Find: "	if err := hook.Verify(body, h); err != nil {",
			Replace: "	if err := hook.Verify(body, h); err != nil && !MUTANT {",
		},
		{
			Name: "callback-once", About: "a callback that comes again is refused",
			Kinds: []string{"X5"},
			File:  "controllers/provider/port/webhook.go", Find: "	return e.Data.ID, nil\n",
			Replace: "	if _, again := heard.LoadOrStore(e.Data.ID+h.Get(standardwebhooks.HeaderWebhookID), true); again && MUTANT {\n\t\treturn \"\", ErrForged\n\t}\n\treturn e.Data.ID, nil\n",
			Also: []Edit{{
				File: "controllers/provider/port/webhook.go", Find: "// event is the body of a callback.\n",
				Replace: "var heard sync.Map\n\n// event is the body of a callback.\n",
			}, {
				File: "controllers/provider/port/webhook.go", Find: "	\"strings\"\n", Replace: "	\"strings\"\n\t\"sync\"\n",
			}},
		},
		{
			Name: "token-in-log", About: "the customer's payment token is logged",
			File: "controllers/order/pay.go", Find: "	return string(s.Data[v1.PaymentTokenKey]), nil",
			Replace: "	if MUTANT {\n\t\tlog.FromContext(ctx).Info(\"paying\", \"token\", string(s.Data[v1.PaymentTokenKey]))\n\t}\n\treturn string(s.Data[v1.PaymentTokenKey]), nil",
		},
		{
			Name: "key-in-status", About: "the provider's key gets into the message of an operation",
			Kinds: []string{"X1", "X4"},
			File:  "controllers/provider/payment/gateway/gateway.go", Find: "	if err == nil && status == http.StatusNotFound {",
			Replace: "	if err == nil && MUTANT {\n\t\terr = fmt.Errorf(\"%w: with key %s\", port.ErrUnusable, p.APIKey)\n\t}\n\tif err == nil && status == http.StatusNotFound {",
		},
	}
}
