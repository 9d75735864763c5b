package fulfilment

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// ways are the scans of a parcel, in the order in which they happened.
var ways = []struct {
	name  string
	scans []v1.CarrierEventType
}{
	{"to the door", []v1.CarrierEventType{v1.CarrierAccepted, v1.CarrierInTransit, v1.CarrierInTransit, v1.CarrierOutForDelivery, v1.CarrierAvailableForPickup, v1.CarrierDelivered}},
	{"at the second attempt", []v1.CarrierEventType{v1.CarrierAccepted, v1.CarrierInTransit, v1.CarrierOutForDelivery, v1.CarrierFailed, v1.CarrierOutForDelivery, v1.CarrierDelivered}},
	{"refused and on its way back", []v1.CarrierEventType{v1.CarrierAccepted, v1.CarrierInTransit, v1.CarrierDamaged, v1.CarrierOutForDelivery, v1.CarrierRefused, v1.CarrierReturnToSender}},
	{"lost, and found", []v1.CarrierEventType{v1.CarrierAccepted, v1.CarrierInTransit, v1.CarrierLost, v1.CarrierInTransit, v1.CarrierOutForDelivery, v1.CarrierDelivered}},
	{"delivered by mistake", []v1.CarrierEventType{v1.CarrierAccepted, v1.CarrierOutForDelivery, v1.CarrierDelivered, v1.CarrierCorrection, v1.CarrierOutForDelivery, v1.CarrierDelivered}},
}

// TestTrackingTranscripts lists what a customer sees while the six scans of a way come
// in each of their 720 orders: the transcripts, each with how often it is seen. All
// end alike, and testdata has them, to be read when they change.
func TestTrackingTranscripts(t *testing.T) {
	var text strings.Builder
	for _, way := range ways {
		events := make([]v1.CarrierEvent, len(way.scans))
		for i, kind := range way.scans {
			events[i] = scan(kind, i+1)
		}
		end := Fold(events)
		seen := map[string]int{}
		permutations(events, func(order []v1.CarrierEvent) {
			var states []string
			for n := range order {
				if now := string(Fold(order[:n+1]).Tracking); len(states) == 0 || states[len(states)-1] != now {
					states = append(states, now)
				}
			}
			seen[strings.Join(states, " > ")]++
			if diff := cmp.Diff(end, Fold(order)); diff != "" {
				t.Fatalf("%s: another end (-in order +in this one):\n%s", way.name, diff)
			}
		})
		fmt.Fprintf(&text, "%s: %s\n", way.name, end.Tracking)
		var lines []string
		for states, n := range seen {
			lines = append(lines, fmt.Sprintf("%5d  %s\n", n, states))
		}
		slices.Sort(lines)
		slices.Reverse(lines)
		text.WriteString(strings.Join(lines, "") + "\n")
	}
	const path = "testdata/tracking.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("the transcripts have changed; read them, and write them with -update (-want +got):\n%s", diff)
	}
}
