package main

import (
	"errors"
	"strings"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/audit"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

func TestAuditReport(t *testing.T) {
	wrong := ledger.Difference{Item: v1.ItemKey{Name: "tea"}, Counter: "reserved", Recorded: 3, Recomputed: 2}
	for name, tc := range map[string]struct {
		report audit.Report
		want   string
		err    error
	}{
		"all is well": {
			report: audit.Report{Items: 2, Shipments: 5},
			want:   "2 StockItems, 5 Shipments: 0 differences\n",
		},
		"every difference is printed, and the command fails": {
			report: audit.Report{Items: 2, Shipments: 5, Differences: map[string][]ledger.Difference{"shop": {wrong}, "other": {wrong}}},
			want: "other: StockItem tea: reserved is 3, its sources add up to 2\n" +
				"shop: StockItem tea: reserved is 3, its sources add up to 2\n" +
				"2 StockItems, 5 Shipments: 2 differences\n",
			err: errDifferences,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := printReport(&out, &tc.report); !errors.Is(err, tc.err) {
				t.Errorf("the error is %v, want %v", err, tc.err)
			}
			if out.String() != tc.want {
				t.Errorf("it prints\n%s\nwant\n%s", out.String(), tc.want)
			}
		})
	}
}
