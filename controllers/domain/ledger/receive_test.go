package ledger

import (
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// counters are those of an item that was counted some minutes after noon.
func counters(onHand, quarantined, reserved v1.Quantity, minute int) v1.StockItemStatus {
	return v1.StockItemStatus{OnHand: onHand, Quarantined: quarantined, Reserved: reserved, CountID: "c1", CountTakenAt: new(at(minute))}
}

// with adds what a movement leaves behind: its posting, and its entry in the
// journal where it changed onHand or missing.
func with(st v1.StockItemStatus, m Movement, change int64, journaled bool) v1.StockItemStatus {
	st.Postings = []v1.Posting{m.Posting}
	if journaled {
		e := v1.JournalEntry{ID: m.ID, Kind: m.Kind, EffectiveAt: m.EffectiveAt, Change: change, OnHandAfter: st.OnHand, Source: string(m.Source)}
		if m.Missing {
			e.Missing = m.Quantity
		}
		st.Journal = []v1.JournalEntry{e}
	}
	return st
}

// The stock-take of the items below was taken at minute 10; what happened before
// or then is told late.
func TestApplyGoods(t *testing.T) {
	const count, late, after = 10, 10, 20
	for name, test := range map[string]struct {
		before v1.StockItemStatus
		move   Movement
		want   v1.StockItemStatus
		change int64
	}{
		"goods that come in are on hand":                    {counters(5, 0, 2, count), goods(v1.MovementReceive, 3, after), counters(8, 0, 2, count), 3},
		"goods that come in for inspection are quarantined": {counters(5, 1, 2, count), inspected(goods(v1.MovementReceive, 3, after)), counters(8, 4, 2, count), 3},
		"goods from elsewhere are on hand":                  {counters(5, 0, 2, count), goods(v1.MovementTransferIn, 3, after), counters(8, 0, 2, count), 3},
		"goods from elsewhere may be quarantined":           {counters(5, 1, 2, count), inspected(goods(v1.MovementTransferIn, 3, after)), counters(8, 4, 2, count), 3},
		"goods fill an item up":                             {counters(v1.MaxQuantity-3, 0, 0, count), goods(v1.MovementReceive, 3, after), counters(v1.MaxQuantity, 0, 0, count), 3},
		"accepted goods can be sold":                        {counters(8, 4, 2, count), goods(v1.MovementAccept, 3, after), counters(8, 1, 2, count), 0},
		"goods that are thrown away are gone":               {counters(8, 4, 2, count), goods(v1.MovementScrap, 3, after), counters(5, 1, 2, count), -3},
		"goods that are sent back are gone":                 {counters(8, 4, 2, count), goods(v1.MovementSendBack, 4, after), counters(4, 0, 2, count), -4},
		"goods that are sent elsewhere are gone":            {counters(8, 2, 2, count), goods(v1.MovementTransferOut, 4, after), counters(4, 2, 2, count), -4},

		"goods that came before the stock-take are in it":            {counters(5, 0, 2, count), goods(v1.MovementReceive, 3, late), counters(5, 0, 2, count), 0},
		"goods from elsewhere that came before it are in it":         {counters(5, 0, 2, count), goods(v1.MovementTransferIn, 3, late), counters(5, 0, 2, count), 0},
		"goods that are in a full stock-take are not added":          {counters(v1.MaxQuantity, 0, 0, count), goods(v1.MovementReceive, 3, late), counters(v1.MaxQuantity, 0, 0, count), 0},
		"counted goods go into quarantine late, if nobody has them":  {counters(5, 0, 2, count), inspected(goods(v1.MovementReceive, 3, late)), counters(5, 3, 2, count), 0},
		"counted goods from elsewhere go there as well":              {counters(5, 0, 2, count), inspected(goods(v1.MovementTransferIn, 3, late)), counters(5, 3, 2, count), 0},
		"goods that were accepted before the stock-take can be sold": {counters(8, 4, 2, count), goods(v1.MovementAccept, 3, late), counters(8, 1, 2, count), 0},
		"goods that were thrown away before it were not counted":     {counters(8, 4, 2, count), goods(v1.MovementScrap, 3, late), counters(8, 1, 2, count), 0},
		"goods that were sent back before it were not counted":       {counters(8, 4, 2, count), goods(v1.MovementSendBack, 3, late), counters(8, 1, 2, count), 0},
		"goods that were sent elsewhere before it were not counted":  {counters(8, 2, 2, count), goods(v1.MovementTransferOut, 4, late), counters(8, 2, 2, count), 0},
		"goods may have been sent before it though none are left":    {counters(2, 0, 2, count), goods(v1.MovementTransferOut, 4, late), counters(2, 0, 2, count), 0},
	} {
		t.Run(name, func(t *testing.T) {
			applies(t, test.before, 0, test.move, with(test.want, test.move, test.change, test.change != 0))
		})
	}
}

func TestApplyMissing(t *testing.T) {
	withMissing := func(st v1.StockItemStatus, q v1.Quantity) v1.StockItemStatus {
		st.Missing = q
		return st
	}
	withOverdrawn := func(st v1.StockItemStatus, q v1.Quantity) v1.StockItemStatus {
		st.Overdrawn = q
		return st
	}
	pick, late := missing("a", "s1", 2, 20), missing("a", "s1", 2, 10)
	rest := move(v1.MovementConsume, "a", 3, 30)
	scrap, receive := goods(v1.MovementScrap, 3, 20), goods(v1.MovementReceive, 3, 20)
	for name, test := range map[string]struct {
		before v1.StockItemStatus
		move   Movement
		want   v1.StockItemStatus
	}{
		"what was not found is not promised and not available": {
			counters(9, 0, 5, 10), pick, with(withMissing(counters(9, 0, 3, 10), 2), pick, 0, true),
		},
		"what was not found adds up": {
			withMissing(counters(9, 0, 5, 10), 4), pick, with(withMissing(counters(9, 0, 3, 10), 6), pick, 0, true),
		},
		"what was not found before the stock-take is known to be there or not": {
			counters(9, 0, 5, 10), late, with(counters(9, 0, 3, 10), late, 0, false),
		},
		"what is missing stays missing when the rest leaves": {
			withMissing(counters(9, 0, 3, 10), 2), rest, with(withMissing(counters(6, 0, 0, 10), 2), rest, -3, true),
		},
		"a release of what was found makes nothing missing": {
			counters(9, 0, 3, 10), move(v1.MovementRelease, "a", 3, 20), with(counters(9, 0, 0, 10), move(v1.MovementRelease, "a", 3, 20), 0, false),
		},
		"goods are thrown away though the stock-take found fewer": {
			counters(2, 4, 0, 10), scrap, with(withOverdrawn(counters(1, 1, 0, 10), 2), scrap, -3, true),
		},
		"goods that come in do not make up for what is overdrawn": {
			withOverdrawn(counters(0, 0, 0, 10), 2), receive, with(withOverdrawn(counters(3, 0, 0, 10), 2), receive, 3, true),
		},
		"what is overdrawn adds up": {
			withOverdrawn(counters(1, 0, 3, 10), 2), rest, with(withOverdrawn(counters(0, 0, 0, 10), 4), rest, -3, true),
		},
	} {
		t.Run(name, func(t *testing.T) { applies(t, test.before, 0, test.move, test.want) })
	}
}

func TestApplyRefusesGoods(t *testing.T) {
	withMissing := counters(8, 1, 2, 10)
	withMissing.Missing = 3
	for name, test := range map[string]struct {
		before v1.StockItemStatus
		hard   v1.Quantity
		move   Movement
		says   string
	}{
		"more goods than an item can hold":                   {counters(v1.MaxQuantity-2, 0, 0, 10), 0, goods(v1.MovementReceive, 3, 20), "more than an item can hold"},
		"more goods from elsewhere than an item can hold":    {counters(v1.MaxQuantity-2, 0, 0, 10), 0, inspected(goods(v1.MovementTransferIn, 3, 20)), "more than an item can hold"},
		"an acceptance of more than is in quarantine":        {counters(9, 2, 0, 10), 0, goods(v1.MovementAccept, 3, 20), "3 units judged, 2 in quarantine: the ledger does not add up"},
		"a scrapping of more than is in quarantine":          {counters(9, 2, 0, 10), 0, goods(v1.MovementScrap, 3, 20), "does not add up"},
		"a late sending back of more than is in quarantine":  {counters(9, 2, 0, 10), 0, goods(v1.MovementSendBack, 3, 5), "does not add up"},
		"a transfer of what is promised":                     {counters(5, 0, 3, 10), 0, goods(v1.MovementTransferOut, 3, 20), "3 units to be sent, 2 available"},
		"a transfer of what is in quarantine":                {counters(5, 3, 0, 10), 0, goods(v1.MovementTransferOut, 3, 20), "2 available"},
		"a transfer of the safety stock":                     {counters(5, 0, 0, 10), 3, goods(v1.MovementTransferOut, 3, 20), "2 available"},
		"a transfer of what is missing":                      {withMissing, 0, goods(v1.MovementTransferOut, 3, 20), "2 available"},
		"a promise of what is missing":                       {withMissing, 0, reserve("a", 3), "3 units wanted, 2 available"},
		"a quarantine of what was counted and then promised": {counters(5, 0, 3, 10), 0, inspected(goods(v1.MovementReceive, 3, 5)), "3 units for quarantine, 2 not promised: count again"},
		"a quarantine of what was counted and judged since":  {counters(5, 3, 0, 10), 0, inspected(goods(v1.MovementTransferIn, 3, 10)), "2 not promised"},
		"a quarantine where less was counted than promised":  {counters(1, 0, 3, 10), 0, inspected(goods(v1.MovementReceive, 1, 5)), "0 not promised"},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, test.before, test.hard, test.move, test.says) })
	}
}

// Units that came back damaged or wrong never become sellable, also where some of
// the same line are accepted.
func TestCase18_OnlyAcceptedUnitsAreSellable(t *testing.T) {
	st := stock(4, 0)
	post := func(kind v1.MovementKind, fact string, q v1.Quantity) {
		t.Helper()
		m := Movement{Posting: v1.Posting{
			ID: "uid-return/" + string(kind) + "/" + fact, Kind: kind, Quantity: q, Source: "return", SourceKind: v1.SourceReturn,
		}, EffectiveAt: at(20), Inspected: kind == v1.MovementReceive}
		if err := Apply(&st, 0, m, at(30).Time); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		kind      v1.MovementKind
		quantity  v1.Quantity
		available v1.Quantity
	}{
		{v1.MovementReceive, 5, 4},
		{v1.MovementAccept, 2, 6},
		{v1.MovementScrap, 2, 6},
		{v1.MovementSendBack, 1, 6},
	} {
		post(step.kind, "f", step.quantity)
		if got := Available(&st, 0); got != step.available {
			t.Errorf("after %s of %d: %d available, want %d", step.kind, step.quantity, got, step.available)
		}
	}
	if st.OnHand != 6 || st.Quarantined != 0 {
		t.Errorf("%d on hand, %d in quarantine", st.OnHand, st.Quarantined)
	}
}
