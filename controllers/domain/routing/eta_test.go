package routing

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

func scan(kind v1.CarrierEventType, location string, hour int) v1.CarrierEvent {
	return v1.CarrierEvent{ID: v1.Identifier(string(kind) + location), Type: kind, Location: location, At: metav1.NewTime(monday.Add(time.Duration(hour) * time.Hour))}
}

// byTrain is a route of two lanes, the second with a cutoff at noon.
func byTrain() ([]Carrier, []Leg) {
	last := lane("van", v1.ModeLand, "hamburg", "/DE", 12, 1)
	last.Cutoff = "12:00"
	carriers := []Carrier{carrier("rail", lane("train", v1.ModeLand, "shenzhen", "hamburg", 48, 1)), carrier("post", last)}
	return carriers, Choose(carriers, request(nil)).Route.Legs
}

func TestExpect(t *testing.T) {
	in := func(h int) time.Time { return monday.Add(time.Duration(h) * time.Hour) }
	for name, c := range map[string]struct {
		events   []v1.CarrierEvent
		gone     bool
		p50, p90 time.Time
	}{
		// monday is at nine, so that noon is three hours later, and every 24 hours again.
		"handed over: 32 and 48 hours, noon, 8 and 12": {nil, false, in(51 + 8), in(51 + 12)},
		"a scan elsewhere tells nothing":               {[]v1.CarrierEvent{scan(v1.CarrierInTransit, "warsaw", 20)}, false, in(51 + 8), in(51 + 12)},
		"the train is late":                            {[]v1.CarrierEvent{scan(v1.CarrierInTransit, "hamburg", 52)}, false, in(75 + 8), in(75 + 12)},
		"the train is early":                           {[]v1.CarrierEvent{scan(v1.CarrierInTransit, "hamburg", 26)}, false, in(27 + 8), in(27 + 12)},
		"the van has left":                             {[]v1.CarrierEvent{scan(v1.CarrierInTransit, "hamburg", 26), scan(v1.CarrierOutForDelivery, "", 28)}, false, in(28 + 6), in(27 + 12)},
		"the van has left for the second time":         {[]v1.CarrierEvent{scan(v1.CarrierOutForDelivery, "", 50), scan(v1.CarrierOutForDelivery, "", 28)}, false, in(50 + 6), in(50 + 12)},
		"a late scan of the train sets nothing back":   {[]v1.CarrierEvent{scan(v1.CarrierOutForDelivery, "", 28), scan(v1.CarrierInTransit, "hamburg", 30)}, false, in(28 + 6), in(28 + 12)},
		"lanes that are gone have no cutoffs":          {[]v1.CarrierEvent{scan(v1.CarrierInTransit, "hamburg", 26)}, true, in(26 + 8), in(26 + 12)},
	} {
		t.Run(name, func(t *testing.T) {
			carriers, legs := byTrain()
			if c.gone {
				carriers = nil
			}
			if p50, p90 := Expect(carriers, legs, Where(legs, monday, c.events)); !p50.Equal(c.p50) || !p90.Equal(c.p90) {
				t.Errorf("%v and %v, want %v and %v", p50, p90, c.p50, c.p90)
			}
		})
	}
}

// What was planned is what is expected when it is handed over in time.
func TestExpectIsThePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		carriers := drawn(t)
		r := request(func(r *Request) { r.From = "a" })
		route := Choose(carriers, r).Route
		if route == nil {
			t.Skip("no route")
		}
		if p50, p90 := Expect(carriers, route.Legs, Where(route.Legs, r.Ready, nil)); !p50.Equal(route.P50) || !p90.Equal(route.P90) {
			t.Fatalf("expected %v and %v, planned %v and %v", p50, p90, route.P50, route.P90)
		}
	})
}

// Where a parcel is does not depend on the order in which its scans come in.
func TestWhereIsASet(t *testing.T) { rapid.Check(t, whereIsASet) }

func FuzzWhereIsASet(f *testing.F) { fuzz.Drawn(f, whereIsASet) }

func whereIsASet(t *rapid.T) {
	_, legs := byTrain()
	events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) v1.CarrierEvent {
		kind := rapid.SampledFrom([]v1.CarrierEventType{v1.CarrierAccepted, v1.CarrierInTransit, v1.CarrierOutForDelivery, v1.CarrierFailed}).Draw(t, "kind")
		return scan(kind, rapid.SampledFrom([]string{"", "hamburg", "shenzhen"}).Draw(t, "location"), rapid.IntRange(-5, 60).Draw(t, "hour"))
	}), 0, 5).Draw(t, "events")
	want := Where(legs, monday, events)
	other := rapid.Permutation(events).Draw(t, "order")
	if got := Where(legs, monday, slices.Clone(other)); got != want {
		t.Fatalf("%+v in one order, %+v in another", want, got)
	}
	if want.Leg > len(legs) {
		t.Fatalf("beyond the route: %+v", want)
	}
	// That it has left for the door never has it expected later, unless that time is over.
	carriers, _ := byTrain()
	before := want
	before.Out = time.Time{}
	_, at := Expect(carriers, legs, want)
	if _, was := Expect(carriers, legs, before); !want.Out.IsZero() && at.After(was) && was.After(want.Out) {
		t.Fatalf("expected at %v, and at %v once it has left for the door at %v", was, at, want.Out)
	}
}

// The times of a route go on with its parcels, and are those of the lanes as they are: what
// is retimed has not moved.
func TestRetime(t *testing.T) {
	for name, change := range map[string]func([]Carrier) []Carrier{
		"nothing has changed":  func(c []Carrier) []Carrier { return c },
		"its lanes are closed": func([]Carrier) []Carrier { return nil },
		"it has a cutoff now": func(c []Carrier) []Carrier {
			c[0].Lanes[0].Cutoff = "08:00"
			return c
		},
		"its carrier has no day": func(c []Carrier) []Carrier {
			c[0].Calendar = &v1.Calendar{TimeZone: "Asia/Nowhere"}
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			carriers, legs := byTrain()
			carriers = change(carriers)
			if moved := Moved(carriers, legs); moved != (name == "it has a cutoff now") {
				t.Errorf("moved is %v", moved)
			}
			now := monday.Add(30 * time.Hour)
			legs = Retime(carriers, legs, now)
			if Moved(carriers, legs) {
				t.Error("what was retimed has moved")
			}
			if by := legs[0].DepartBy; by.IsZero() == (name == "it has a cutoff now") || (!by.IsZero() && by.Before(now)) {
				t.Errorf("departs by %v", by)
			}
		})
	}
}
