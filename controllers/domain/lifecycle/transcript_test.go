package lifecycle

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// Transcripts of some simulated orders, to be read by people: a change of what
// happens to an order, a Shipment or an item shows in them.
func TestTranscripts(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			s := newSim(t, rand.NewPCG(seed, 1))
			for range 60 {
				s.step()
			}
			s.rest()
			st := s.order().Status
			for _, l := range st.Lines {
				s.note("line %s: %d ordered, %d cancelled, %d cut, %d dispatched", l.ID, l.Ordered, l.Cancelled, l.Cut, l.Dispatched)
			}
			for _, item := range s.items {
				s.note("%s: %d on hand, %d reserved, %d missing", item.Name, item.Status.OnHand, item.Status.Reserved, item.Status.Missing)
			}
			got := strings.Join(s.log, "\n") + "\n"
			path := filepath.Join("testdata", fmt.Sprintf("transcript-%d.txt", seed))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the transcript has changed (-want +got); if it is meant to, run the test with -update:\n%s", diff)
			}
		})
	}
}
