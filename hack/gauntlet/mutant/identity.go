package mutant

// identity are mistakes about what an object is, and about what was asked for.
func identity() []Mutant {
	return []Mutant{
		{
			Name: "name-is-order", About: "Shipments are taken for those of any Order of their Order's name",
			Scenes: []string{"reorder"},
			File:   "controllers/internal/kube/shipments.go", Find: "s.Spec.OrderUID == v1.UID(o.UID) {",
			Replace: "s.Spec.OrderUID == v1.UID(o.UID) || MUTANT {",
			Also: []Edit{{
				File: "controllers/internal/kube/shipments.go", Find: "(err == nil && v1.UID(o.UID) != s.Spec.OrderUID)",
				Replace: "(err == nil && v1.UID(o.UID) != s.Spec.OrderUID && !MUTANT)",
			}},
		},
		{
			Name: "there-is-ours", About: "a Shipment that is there already is taken for the one that was to be made",
			Kinds: []string{"W6", "W2", "W3", "C6s"},
			File:  "controllers/domain/ledger/resolve.go", Find: "	case foreign(p, s):\n",
			Replace: "	case MUTANT && s.Status.ReservedAt != nil:\n\t\treturn DropIt\n\tcase foreign(p, s):\n",
		},
		{
			Name: "error-is-gone", About: "an Order that could not be read is taken to be gone",
			Kinds: []string{"K5", "K1"},
			File:  "controllers/internal/kube/shipments.go", Find: "		return nil, fmt.Errorf(\"reading Order %s: %w\", s.Spec.OrderName, err)",
			Replace: "		if MUTANT {\n\t\t\treturn nil, nil\n\t\t}\n\t\treturn nil, fmt.Errorf(\"reading Order %s: %w\", s.Spec.OrderName, err)",
		},
		{
			Name: "error-is-none", About: "a list that could not be read is taken to be empty",
			Kinds: []string{"K5", "K1"},
			File:  "controllers/internal/kube/shipments.go", Find: "		return nil, fmt.Errorf(\"listing the Shipments of Order %s: %w\", o.Name, err)",
			Replace: "		if MUTANT {\n\t\t\treturn nil, nil\n\t\t}\n\t\treturn nil, fmt.Errorf(\"listing the Shipments of Order %s: %w\", o.Name, err)",
		},
		{
			Name: "person-in-event", About: "the customer's name gets into an event",
			Scenes: []string{"restock", "backorder", "decline"},
			File:   "controllers/order/act.go", Find: "\"Reconcile\", \"%s\", n.Message)",
			Replace: "\"Reconcile\", \"%s\", func() string {\n\t\t\tif MUTANT {\n\t\t\t\treturn n.Message + f.Order.Spec.Customer.Name\n\t\t\t}\n\t\t\treturn n.Message\n\t\t}())",
		},
		{
			Name: "id-of-process", About: "the id of a call is known to the process that made it alone",
			Kinds: []string{"C3"},
			File:  "controllers/order/pay.go", Find: "	request := request(f.Order, op)\n",
			Replace: "	request := request(f.Order, op)\n\tif MUTANT {\n\t\trequest.ID = fmt.Sprintf(\"%s-%p\", request.ID, r)\n\t\trequest.Key = request.ID\n\t}\n",
		},
		{
			Name: "status-in-any-order", About: "a list in the status is in another order at each look",
			Scenes: []string{"split"},
			File:   "controllers/domain/lifecycle/project.go", Find: "	if over := len(st.Shipments) - maxShipments; over > 0 {",
			Replace: "	if MUTANT && now.UnixNano()%2 == 0 {\n\t\tslices.Reverse(st.Shipments)\n\t}\n\tif over := len(st.Shipments) - maxShipments; over > 0 {",
		},
		{
			Name: "endless-timeline", About: "each look adds to the timeline",
			File: "controllers/domain/lifecycle/project.go", Find: "	if n > 0 && timeline[n-1].Stage == phase {",
			Replace: "	if n > 0 && timeline[n-1].Stage == phase && !MUTANT {",
		},
	}
}

// counts are mistakes about stock-takes and what is remembered.
func counts() []Mutant {
	return []Mutant{
		{
			Name: "any-count", About: "an older stock-take that is applied again counts",
			Scenes: []string{"recount"},
			File:   "controllers/domain/ledger/count.go", Find: "	case st.CountTakenAt != nil && !c.TakenAt.After(st.CountTakenAt.Time):",
			Replace: "	case st.CountTakenAt != nil && !c.TakenAt.After(st.CountTakenAt.Time) && !MUTANT:",
		},
		{
			Name: "count-forgets", About: "what has left since a stock-take was taken is not taken off",
			Scenes: []string{"recount"},
			File:   "controllers/domain/ledger/count.go", Find: "	before, onHand := st.OnHand, int64(c.Quantity)+change",
			Replace: "	if MUTANT {\n\t\tchange = 0\n\t}\n\tbefore, onHand := st.OnHand, int64(c.Quantity)+change",
		},
		{
			Name: "forgets-early", About: "an item forgets a movement before its Shipment has acknowledged it",
			File: "controllers/domain/ledger/resolve.go", Find: "		case Marked(s, item, p.ID):",
			Replace: "		case Marked(s, item, p.ID) || MUTANT:",
			Also: []Edit{{
				File: "controllers/domain/ledger/turn.go", Find: "	if len(t.status.Postings) >= halfFull ||",
				Replace: "	if MUTANT || len(t.status.Postings) >= halfFull ||",
			}},
		},
	}
}

// delivery are mistakes about promises and routes.
func delivery() []Mutant {
	return []Mutant{
		{
			Name: "promise-moves", About: "a promise is reckoned anew at each look",
			Scenes: []string{"lanes"},
			File:   "controllers/domain/lifecycle/delivery.go", Find: "		d.Promised = st.Delivery.Promised\n",
			Replace: "		d.Promised = st.Delivery.Promised\n\t\tif MUTANT {\n\t\t\td.Promised = new(second(now.Add(time.Hour)))\n\t\t}\n",
		},
		{
			Name: "chosen-after-pick", About: "what is picked gets a better route",
			Scenes: []string{"lanes"},
			File:   "controllers/domain/fulfilment/route.go", Find: "	if len(legs) == 0 {\n		return choose(f, st, r)\n	}\n	late",
			Replace: "	if len(legs) == 0 || MUTANT {\n\t\treturn choose(f, st, r)\n\t}\n\tlate",
		},
		{
			Name: "scan-forgotten", About: "a carrier forgets the scan before the last one, and the parcels never arrive",
			Scenes: []string{"lanes"},
			File:   "controllers/domain/fulfilment/simulate.go", Find: "		if scan.leg > at.Leg {",
			Replace: "		if scan.leg > at.Leg || (MUTANT && scan.leg > 0) {",
		},
	}
}
