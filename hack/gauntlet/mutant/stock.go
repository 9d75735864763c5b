package mutant

// stock are mistakes about units.
func stock() []Mutant {
	return []Mutant{
		{
			Name: "counted-twice", About: "a movement that stands in the postings is counted again",
			File: "controllers/domain/ledger/ledger.go", Find: "	if posted(st, m.ID) {",
			Replace: "	if posted(st, m.ID) && !MUTANT {",
		},
		{
			Name: "leaves-without-leaving", About: "a dispatched Shipment gives its units back instead of consuming them",
			File: "controllers/domain/ledger/due.go", Find: "		add(v1.MovementConsume, theEnd, Held(s, item), Movement{EffectiveAt: *s.Status.DispatchedAt})",
			Replace: "		kind := v1.MovementConsume\n\t\tif MUTANT {\n\t\t\tkind = v1.MovementRelease\n\t\t}\n\t\tadd(kind, theEnd, Held(s, item), Movement{EffectiveAt: *s.Status.DispatchedAt})",
		},
		{
			Name: "keeps-units", About: "a cancelled Shipment does not give its units back",
			Scenes: []string{"cancel-held"},
			File:   "controllers/domain/ledger/due.go", Find: "	case s.Status.CancelledAt != nil:",
			Replace: "	case s.Status.CancelledAt != nil && !MUTANT:",
		},
		{
			Name: "moves-one-less", About: "a unit of each departure is not counted",
			File: "controllers/domain/ledger/ledger.go", Find: "		return effect{reserved: -q, onHand: -q}",
			Replace: "		if MUTANT {\n\t\t\treturn effect{reserved: -q, onHand: 1 - q}\n\t\t}\n\t\treturn effect{reserved: -q, onHand: -q}",
		},
		{
			Name: "promise-not-taken-back", About: "a promise that came to nothing is dropped, and its units stay reserved",
			Kinds: []string{"K2", "K8", "C2", "C6"},
			File:  "controllers/domain/ledger/ledger.go", Find: "			st.Reserved -= p.Quantity",
			Replace: "			if MUTANT {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\tst.Reserved -= p.Quantity",
		},
		{
			Name: "random-child", About: "a Shipment gets another name at each attempt",
			File: "controllers/stock/write.go", Find: "			Namespace: c.namespace, Name: string(name),",
			Replace: "			Namespace: c.namespace, Name: func() string {\n\t\t\t\tif MUTANT {\n\t\t\t\t\treturn string(name) + string(spec.OrderUID)[:4] + fmt.Sprint(c.now.UnixNano()%100000)\n\t\t\t\t}\n\t\t\t\treturn string(name)\n\t\t\t}(),",
		},
		{
			Name: "promise-forgotten", About: "a promise whose Shipment was not made before a crash is left alone",
			Kinds: []string{"C1", "C2", "K1"},
			File:  "controllers/stock/write.go", Find: "		g.Go(func() error { c.adopt(ctx, p); return nil })",
			Replace: "		if MUTANT {\n\t\t\tcontinue\n\t\t}\n\t\tg.Go(func() error { c.adopt(ctx, p); return nil })",
		},
		{
			Name: "promise-made-twice", About: "after a conflict a promise is made again without a look for its Shipment",
			Kinds: []string{"C6s"},
			File:  "controllers/stock/write.go", Find: "		if s == nil && !turn.Promises(m.Source) && turn.Reserve(m) == nil {",
			Replace: "		if MUTANT {\n\t\t\tm.ID += \"x\"\n\t\t}\n\t\tif ((s == nil && !turn.Promises(m.Source)) || MUTANT) && turn.Reserve(m) == nil {",
		},
		{
			Name: "no-mark", About: "a Shipment does not acknowledge what its items have counted",
			File: "controllers/domain/fulfilment/project.go", Find: "			st.Posted = append(st.Posted, ledger.Acknowledge(s, key, &item.Status)...)",
			Replace: "			if !MUTANT {\n\t\t\t\tst.Posted = append(st.Posted, ledger.Acknowledge(s, key, &item.Status)...)\n\t\t\t}",
		},
		{
			Name: "ready-unpromised", About: "a Shipment is made and ready for the warehouse whether its units are promised or not",
			Kinds: []string{"K3", "K5", "K1"},
			File:  "controllers/stock/write.go", Find: "			return e.recorded && e.turn.Holds(ledger.ReserveID(p.grant))",
			Replace: "			return MUTANT || e.recorded && e.turn.Holds(ledger.ReserveID(p.grant))",
			Also: []Edit{{
				File: "controllers/domain/fulfilment/project.go", Find: "	case st.ReservedAt == nil && f.ItemsLive && !f.promised():",
				Replace: "	case st.ReservedAt == nil && f.ItemsLive && !f.promised() && !MUTANT:",
			}, {
				File: "controllers/domain/fulfilment/project.go", Find: "f.OrderLive && f.promised() && !f.Surplus()",
				Replace: "f.OrderLive && (f.promised() || MUTANT) && !f.Surplus()",
			}},
		},
		{
			Name: "missed-count", About: "nobody is woken by a stock-take",
			Scenes: []string{"restock", "stocktake"},
			File:   "controllers/stock/watches.go", Find: "	return before.Generation != after.Generation || after.Status.Available > before.Status.Available ||",
			Replace: "	return !MUTANT && (before.Generation != after.Generation || after.Status.Available > before.Status.Available) ||",
		},
		{
			Name: "no-recall", About: "what a stock-take did not find stays promised",
			Scenes: []string{"stocktake"},
			File:   "controllers/domain/fulfilment/project.go", Find: "	case f.ItemsLive && f.recalled() != \"\":",
			Replace: "	case f.ItemsLive && f.recalled() != \"\" && !MUTANT:",
		},
	}
}
