package campaign

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment/simulated"
	"ordercycle.dev/ordercycle/hack/testenv"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

// books are what the simulated provider has written down, and the same as the entries
// of a ledger, as far as the Orders of this run know of an operation or of that on
// which it acts: the other runs have theirs in the same ConfigMaps.
func (s *stage) books(ctx context.Context) (text string, ledger []gatewayfake.Entry, err error) {
	var list corev1.ConfigMapList
	if err := s.env.Client.List(ctx, &list, client.InNamespace(testenv.ManagerNamespace)); err != nil {
		return "", nil, fmt.Errorf("listing the books of the simulated provider: %w", err)
	}
	type entry struct {
		gatewayfake.Entry
		Declined string
	}
	all := map[string]entry{}
	var texts strings.Builder
	for _, m := range list.Items {
		if !strings.HasPrefix(m.Name, simulated.LedgerPrefix) {
			continue
		}
		for id, line := range m.Data {
			var e entry
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				return "", nil, fmt.Errorf("reading the books of the simulated provider: %w", err)
			}
			e.ID, e.State = id, gatewayfake.StateSucceeded
			if e.Declined != "" {
				e.State = gatewayfake.StateDeclined
			}
			all[id] = e
			texts.WriteString(line)
		}
	}
	own := map[string]bool{}
	for _, v := range s.world.History.Versions() {
		if o, ok := v.Object.(*v1.Order); ok && o.Status.Payment != nil {
			for _, op := range o.Status.Payment.Operations {
				own[op.ID] = true
			}
		}
	}
	for id, e := range all {
		if own[id] || own[e.Parent] {
			ledger = append(ledger, e.Entry)
		}
	}
	slices.SortFunc(ledger, func(a, b gatewayfake.Entry) int { return a.At.Compare(b.At) })
	return texts.String(), ledger, nil
}
