package proof

import "testing"

// TestEveryRuleIsNeeded leaves out one rule at a time, and must find what it is for.
func TestEveryRuleIsNeeded(t *testing.T) {
	cancelled := config{units: units{1}, orders: wanted{{1}, {1}}, people: people{cancel: 1}}
	putBack := config{units: units{1}, orders: wanted{{1}, {1}}, people: people{pick: 1}}
	deleted := config{units: units{1}, orders: wanted{{1}}, people: people{remove: 1}}
	placed := config{units: units{2}, orders: wanted{{1}}, again: 1, names: 1}
	twice := config{units: units{2}, orders: wanted{{1}}, again: 1}
	three := config{units: units{2}, orders: wanted{{1}, {2}}, again: 1, names: 1}
	parts := config{units: units{2, 0}, orders: wanted{{1, 1}}, people: people{handOver: 1}, names: 1}
	whole := config{units: units{1, 1}, orders: wanted{{1, 1}}, whole: 1}
	variants := []struct {
		without string
		rules   rules
		world   config
	}{
		{"a live read of the source", rules{noLiveRead: true}, putBack},
		{"reading the item before the source", rules{readFirst: true}, putBack},
		{"going forward where the Shipment of a promise is absent", rules{rollBack: true}, cancelled},
		{"a mark before a posting is dropped", rules{dropBeforeMark: true}, putBack},
		{"the id of a posting", rules{noID: true}, putBack},
		{"the mark that lets a Release be due", rules{releaseUnmarked: true}, deleted},
		{"a look at the items before a finalizer goes", rules{noLookAtItems: true}, placed},
		{"a live read of the Order before the mark", rules{noLiveOrder: true}, deleted},
		{"keeping the Shipments of an Order that lives", rules{forgetSent: true}, parts},
		{"the whole of an order that ships everything at once", rules{partial: true}, whole},
		{"waiting out the name of an Order that had it before", rules{voidForeign: true}, three},
		{"one Shipment too many being cancelled before another is marked", rules{markSurplus: true}, twice},
	}
	caught := 0
	for _, v := range variants {
		t.Run("without "+v.without, func(t *testing.T) {
			x := explore(v.rules, v.world, stateLimit)
			if x.found == "" {
				t.Errorf("%d states: nothing shows what it is for", len(x.ids))
				return
			}
			caught++
			t.Logf("%d states: %s", len(x.ids), x.found)
		})
	}
	t.Logf("%d of %d broken variants caught", caught, len(variants))
}
