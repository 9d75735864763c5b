package ledger

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// large is a promise with all of its lists and strings at their limits.
func large(grant string, lines int) v1.Posting {
	long := strings.Repeat("x", 63)
	p := reserve(grant, 1_000_000_000).Posting
	p.Reserve.Order = v1.ObjectIdentity{Name: v1.ObjectName(long), UID: v1.UID(long)}
	for range lines {
		p.Reserve.Lines = append(p.Reserve.Lines, v1.ReserveLine{Line: v1.Identifier(long), Quantity: 1_000_000_000})
	}
	return p
}

func TestHasRoom(t *testing.T) {
	small := reserve("a", 1).Posting
	many := func(n int, p v1.Posting) v1.StockItemStatus {
		st := stock(0, 0)
		for range n {
			st.Postings = append(st.Postings, p)
		}
		return st
	}
	big := large("b", 100)
	fits := MaxPostingBytes / PostingBytes(big)
	for name, test := range map[string]struct {
		status v1.StockItemStatus
		add    v1.Posting
		want   bool
	}{
		"an empty item":                          {stock(0, 0), big, true},
		"room for the last of 128":               {many(127, small), small, true},
		"no room after 128":                      {many(128, small), small, false},
		"room for as many bytes as there are":    {many(fits-1, big), big, true},
		"no room for more bytes":                 {many(fits, big), big, false},
		"room for a small one beside large ones": {many(fits, big), small, PostingBytes(small)+fits*PostingBytes(big) <= MaxPostingBytes},
	} {
		if got := HasRoom(&test.status, test.add); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	if fits < 2 || fits > 8 {
		t.Errorf("%d of the largest promises fit", fits)
	}
}

// What is counted before a write must not be less than what is written.
func TestPostingBytesIsNotBelowTheEncodedSize(t *testing.T) {
	text := rapid.StringMatching(`[a-z0-9.-]{0,63}`)
	rapid.Check(t, func(t *rapid.T) {
		p := v1.Posting{
			ID: text.Draw(t, "id"), Kind: v1.MovementConsume, Source: v1.ObjectName(text.Draw(t, "source")),
			SourceKind: rapid.SampledFrom([]v1.SourceKind{"", v1.SourceShipment, v1.SourceReturn, v1.SourceReplenishment}).Draw(t, "kind"),
			Quantity:   v1.Quantity(rapid.Int64Range(0, 1_000_000_000).Draw(t, "quantity")),
		}
		if rapid.Bool().Draw(t, "reserve") {
			p.Kind = v1.MovementReserve
			p.Reserve = &v1.ReserveIntent{Grant: text.Draw(t, "grant"), Order: v1.ObjectIdentity{Name: v1.ObjectName(text.Draw(t, "order")), UID: v1.UID(text.Draw(t, "uid"))}}
			for range rapid.IntRange(0, 100).Draw(t, "lines") {
				p.Reserve.Lines = append(p.Reserve.Lines, v1.ReserveLine{Line: v1.Identifier(text.Draw(t, "line")), Quantity: 1_000_000_000})
			}
			for range rapid.IntRange(0, 20).Draw(t, "items") {
				p.Reserve.Items = append(p.Reserve.Items, v1.ObjectName(text.Draw(t, "item")))
			}
		}
		encoded, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		// A comma and a little indentation of other encodings.
		if got := PostingBytes(p); got < len(encoded)+2 {
			t.Fatalf("estimated %d, encoded %d: %s", got, len(encoded), encoded)
		}
	})
}
