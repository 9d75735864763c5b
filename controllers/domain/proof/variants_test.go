package proof

import "testing"

// TestEveryRuleIsNeeded leaves out one rule at a time, and must find the harm that
// the rule averts.
func TestEveryRuleIsNeeded(t *testing.T) {
	var (
		cancelled  = config{units: units{1}, orders: wanted{{1}, {1}}, people: people{cancel: 1}}
		putBack    = config{units: units{1}, orders: wanted{{1}, {1}}, people: people{pick: 1}}
		deleted    = config{units: units{1}, orders: wanted{{1}}, people: people{remove: 1}}
		inParts    = config{units: units{2, 0}, orders: wanted{{1, 1}}, people: people{handOver: 1}, names: 1}
		whole      = config{units: units{1, 1}, orders: wanted{{1, 1}}, whole: 1}
		again      = config{units: units{2}, orders: wanted{{1}}, again: 1}
		rival      = config{units: units{1}, orders: wanted{{1}, {1}}, again: 1, names: 1}
		rivalOfTwo = config{units: units{2}, orders: wanted{{1}, {2}}, again: 1, names: 1}
	)
	variants := []struct {
		without string
		rules   rules
		world   config
	}{
		{"a live read of the Shipment", rules{noLiveRead: true}, putBack},
		{"reading the item before the Shipment", rules{readFirst: true}, putBack},
		{"a promise going forward", rules{rollBack: true}, cancelled},
		{"the mark before the drop", rules{dropBeforeMark: true}, putBack},
		{"the id of a posting", rules{noID: true}, putBack},
		{"a Release being due only of the marked", rules{releaseUnmarked: true}, rival},
		{"a look at the items before a finalizer goes", rules{noLookAtItems: true}, deleted},
		{"a live read of the Order before the mark", rules{noLiveOrder: true}, deleted},
		{"a Shipment staying as long as its Order", rules{forgetSent: true}, inParts},
		{"everything at once being a whole", rules{partial: true}, whole},
		{"waiting out the name of an earlier Order", rules{voidForeign: true}, rivalOfTwo},
		{"no mark while there is a surplus", rules{markSurplus: true}, again},
	}
	caught := 0
	for _, v := range variants {
		t.Run("without "+v.without, func(t *testing.T) {
			x := explore(v.rules, v.world, stateLimit)
			if x.found == "" {
				t.Errorf("%d states: nothing shows what the rule is for", len(x.ids))
				return
			}
			caught++
			t.Logf("%d states: %s", len(x.ids), x.found)
		})
	}
	t.Logf("%d of %d broken variants caught", caught, len(variants))
}
