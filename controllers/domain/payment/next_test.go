package payment

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestNext(t *testing.T) {
	const generation = 2
	var here Place
	held := done(v1.OperationAuthorize, 1, 100, "")
	there := Place{"retail", "other", v1.ProviderHTTP}
	elsewhere := func(op v1.PaymentOperation) v1.PaymentOperation {
		op.Class, op.Provider, op.Type = there.Class, there.Provider, there.Type
		return op
	}
	abroad := func(op v1.PaymentOperation, basis int64) v1.PaymentOperation {
		if op.Currency, op.Basis = "USD", basis; basis > 0 {
			op.RecordedAt = &now
		}
		return op
	}
	taken := []v1.PaymentOperation{held, done(v1.OperationCapture, 1, 60, held.ID), done(v1.OperationCapture, 2, 40, held.ID)}
	with := func(ops []v1.PaymentOperation, more ...v1.PaymentOperation) []v1.PaymentOperation {
		return append(append([]v1.PaymentOperation{}, ops...), more...)
	}
	other := func(op v1.PaymentOperation, asked v1.Amount, basis int64) v1.PaymentOperation {
		op.Asked, op.Basis = &asked, basis
		return op
	}
	for name, test := range map[string]struct {
		ops  []v1.PaymentOperation
		need Need
		want *Step
	}{
		"nothing is needed":   {nil, Need{}, nil},
		"money is to be held": {nil, Need{Authorize: 100, Keep: v1.MaxAmount}, &Step{v1.OperationAuthorize, here, 100, ""}},
		"the money is held":   {with(nil, held), Need{Authorize: 100, Keep: v1.MaxAmount}, nil},
		"another amount is to be held, so the old one is released first": {with(nil, held), Need{Authorize: 90, Keep: v1.MaxAmount}, &Step{v1.OperationVoid, here, 100, held.ID}},
		"another amount is to be held, the old one is released": {
			with(nil, held, done(v1.OperationVoid, 1, 100, held.ID)), Need{Authorize: 90, Keep: v1.MaxAmount}, &Step{v1.OperationAuthorize, here, 90, ""},
		},
		"money is to be taken":                            {with(nil, held), Need{Capture: 60, Keep: 100}, &Step{v1.OperationCapture, here, 60, held.ID}},
		"more money is to be taken":                       {taken[:2], Need{Capture: 100, Keep: 100}, &Step{v1.OperationCapture, here, 40, held.ID}},
		"more is to be taken than is held":                {taken[:2], Need{Capture: 130, Keep: 130}, &Step{v1.OperationCapture, here, 40, held.ID}},
		"more is to be taken and nothing is held":         {taken, Need{Capture: 130, Keep: 130}, nil},
		"what was taken is enough":                        {taken[:2], Need{Capture: 60, Keep: 100}, nil},
		"what is held and no longer needed is released":   {taken[:2], Need{Capture: 60, Keep: 60, Close: true}, &Step{v1.OperationVoid, here, 40, held.ID}},
		"what is to be closed is not taken":               {with(nil, held), Need{Capture: 100, Keep: 100, Close: true}, &Step{v1.OperationVoid, here, 100, held.ID}},
		"too much was taken, the oldest capture pays":     {taken, Need{Capture: 50, Keep: 50}, &Step{v1.OperationRefund, here, 50, "Capture-1"}},
		"the oldest capture pays what it has":             {taken, Need{}, &Step{v1.OperationRefund, here, 60, "Capture-1"}},
		"then the next one pays":                          {with(taken, done(v1.OperationRefund, 1, 60, "Capture-1")), Need{}, &Step{v1.OperationRefund, here, 40, "Capture-2"}},
		"money goes back before what is held is released": {taken[:2], Need{Close: true}, &Step{v1.OperationRefund, here, 60, "Capture-1"}},
		"a refund that was declined does not keep the rest from being released": {
			with(taken[:2], declined(v1.OperationRefund, 1, generation)), Need{Close: true}, &Step{v1.OperationVoid, here, 40, held.ID},
		},
		"all went back": {with(taken, done(v1.OperationRefund, 1, 60, "Capture-1"), done(v1.OperationRefund, 2, 40, "Capture-2")), Need{}, nil},
		"an authorisation that was declined waits for a change": {with(nil, declined(v1.OperationAuthorize, 1, generation)), Need{Authorize: 100, Keep: v1.MaxAmount}, nil},
		"after a change it is tried again":                      {with(nil, declined(v1.OperationAuthorize, 1, generation-1)), Need{Authorize: 100, Keep: v1.MaxAmount}, &Step{v1.OperationAuthorize, here, 100, ""}},
		"what went back of an earlier order is taken again": {
			with(taken[:2], done(v1.OperationRefund, 1, 60, "Capture-1"), done(v1.OperationVoid, 1, 40, held.ID), done(v1.OperationAuthorize, 2, 90, "")),
			Need{Capture: 70, Keep: 90}, &Step{v1.OperationCapture, here, 70, "Authorize-2"},
		},
		"a capture that was declined waits for a change":                  {with(nil, held, declined(v1.OperationCapture, 1, generation)), Need{Capture: 60, Keep: 100}, nil},
		"a release that was declined waits for a change":                  {with(nil, held, declined(v1.OperationVoid, 1, generation)), Need{Close: true}, nil},
		"a release that was declined lets nothing be taken after the end": {with(nil, held, declined(v1.OperationVoid, 1, generation)), Need{Capture: 60, Keep: 100, Close: true}, nil},
		"a release that was declined lets nothing be held twice":          {with(nil, held, declined(v1.OperationVoid, 1, generation)), Need{Authorize: 90, Keep: v1.MaxAmount}, nil},
		"a declined release does not hide another kind":                   {with(nil, held, declined(v1.OperationVoid, 1, generation)), Need{Capture: 60, Keep: 100}, &Step{v1.OperationCapture, here, 60, held.ID}},
		"another provider is chosen, so the hold at the old one is released": {
			with(nil, elsewhere(held)), Need{Authorize: 100, Only: true, Keep: v1.MaxAmount}, &Step{v1.OperationVoid, there, 100, held.ID},
		},
		"also where nothing is to be held here": {
			with(nil, elsewhere(held)), Need{Only: true, Keep: v1.MaxAmount}, &Step{v1.OperationVoid, there, 100, held.ID},
		},
		"a release that was declined there lets nothing be held here": {
			with(nil, elsewhere(held), elsewhere(declined(v1.OperationVoid, 1, generation))), Need{Authorize: 100, Only: true, Keep: v1.MaxAmount}, nil,
		},
		"what was declined there is tried here": {
			with(nil, elsewhere(declined(v1.OperationAuthorize, 1, generation))), Need{Authorize: 100, Keep: v1.MaxAmount}, &Step{v1.OperationAuthorize, here, 100, ""},
		},
		"what is held there for a confirmed order is taken there": {
			with(nil, elsewhere(held)), Need{Capture: 60, Keep: 100}, &Step{v1.OperationCapture, there, 60, held.ID},
		},
		"what was held in another currency before the order is not taken": {with(nil, abroad(held, 0)), Need{Capture: 60, Keep: 100}, nil},
		"and money is held beside it":                                     {with(nil, abroad(held, 0)), Need{Authorize: 100, Keep: v1.MaxAmount}, &Step{v1.OperationAuthorize, here, 100, ""}},
		"what was held in another currency waits for a change":            {with(nil, abroad(held, generation)), Need{Authorize: 100, Keep: v1.MaxAmount}, nil},
		"a capture in another currency is not made again": {
			with(nil, held, abroad(done(v1.OperationCapture, 1, 60, held.ID), generation-1)), Need{Capture: 60, Keep: 100}, nil,
		},
		"but that of an earlier order of the name does not count": {
			with(nil, held, abroad(done(v1.OperationCapture, 1, 60, "old"), 0)), Need{Capture: 60, Keep: 100}, &Step{v1.OperationCapture, here, 60, held.ID},
		},
		"a refund that was declined is not tried again": {with(taken, declined(v1.OperationRefund, 1, generation-1)), Need{Capture: 50, Keep: 50}, nil},
		"another amount was held than asked for, which waits for a change": {
			with(nil, other(held, 101, generation), done(v1.OperationVoid, 1, 100, held.ID)), Need{Authorize: 101, Keep: v1.MaxAmount}, nil,
		},
		"and is tried again after it": {
			with(nil, other(held, 101, generation-1), done(v1.OperationVoid, 1, 100, held.ID)), Need{Authorize: 101, Keep: v1.MaxAmount}, &Step{v1.OperationAuthorize, here, 101, ""},
		},
		"a release of less than was held leaves nothing": {
			with(nil, held, done(v1.OperationVoid, 1, 0, held.ID)), Need{Close: true}, nil,
		},
		"what came in by hand is not refunded by a call": {nil, Need{Keep: 0}, nil},
		"an authorisation that failed is not captured":   {with(nil, declined(v1.OperationAuthorize, 1, 1)), Need{Capture: 60, Keep: 100}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Next(test.ops, Sum(test.ops, nil, nil), test.need, here, generation)); diff != "" {
				t.Errorf("Next (-want +got):\n%s", diff)
			}
		})
	}
}
