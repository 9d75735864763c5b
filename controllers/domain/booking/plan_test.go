package booking

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

var (
	start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	shop  = Identity{"prod", "shop", "o-s1", "grant"}
	desk  = &Desk{URL: "https://carrier.example", Secret: &v1.LocalReference{Name: "swift"}, Basis: "u/1"}
)

func run(partner v1.ObjectName, lanes ...v1.Identifier) Run {
	return Run{Partner: partner, Lanes: lanes, From: "BER", Desk: desk}
}

func leg(partner v1.ObjectName, lane, from v1.Identifier, to v1.Place) v1.RouteLeg {
	return v1.RouteLeg{Partner: partner, Lane: lane, From: from, To: to}
}

// summary is what the bookings have come to, for a table.
func summary(bookings []v1.Booking) string {
	text := ""
	for i := range bookings {
		b := &bookings[i]
		text += fmt.Sprintf("%d:%s:%s", b.Seq, b.Partner, b.State)
		if b.VoidSince != nil {
			text += "-"
		}
		text += " "
	}
	return text
}

// Lanes of one Partner that follow each other are one booking, those of one without a desk
// are none, and what is booked stays so when a Partner loses its desk.
func TestRuns(t *testing.T) {
	route := []v1.RouteLeg{
		leg("swift", "a", "BER", "HAM"), leg("swift", "b", "HAM", "BRE"), leg("cargo", "c", "BRE", "OLD"), leg("swift", "d", "OLD", ""),
	}
	shape := func(runs []Run) string {
		text := ""
		for _, r := range runs {
			text += fmt.Sprintf("%s%v %s-%s %v; ", r.Partner, r.Lanes, r.From, r.To, r.Desk != nil)
		}
		return text
	}
	only := func(name v1.ObjectName) func(v1.ObjectName) *Desk {
		return func(n v1.ObjectName) *Desk {
			if n == name {
				return desk
			}
			return nil
		}
	}
	for _, test := range []struct {
		name     string
		desk     func(v1.ObjectName) *Desk
		bookings []v1.Booking
		want     string
	}{
		{"of one Partner", only("swift"), nil, "swift[a b] BER-BRE true; swift[d] OLD- true; "},
		{"of nobody", only(""), nil, ""},
		{
			"that was booked when the Partner had a desk", only(""),
			[]v1.Booking{{Partner: "cargo", Lanes: []v1.Identifier{"c"}, From: "BRE", To: "OLD", State: v1.BookingBooked}}, "cargo[c] BRE-OLD false; ",
		},
		{
			"that was refused when the Partner had a desk", only(""),
			[]v1.Booking{{Partner: "cargo", Lanes: []v1.Identifier{"c"}, From: "BRE", To: "OLD", State: v1.BookingRefused}}, "",
		},
	} {
		if got := shape(Runs(route, test.bookings, test.desk)); got != test.want {
			t.Errorf("%s: %s, not %s", test.name, got, test.want)
		}
	}
	if got := Runs(nil, nil, only("swift")); got != nil {
		t.Errorf("no route is booked: %v", got)
	}
}

// What is wanted is recorded, and what is not wanted any more is taken back.
func TestPlan(t *testing.T) {
	a, b := run("swift", "a"), run("cargo", "b")
	later := a
	later.DepartBy = &metav1.Time{Time: start.Add(time.Hour)}
	changed := a
	changed.Desk = &Desk{URL: desk.URL, Secret: desk.Secret, Basis: "u/2"}
	gone := a
	gone.Desk = nil
	booked := func(r Run, state v1.BookingState, voided bool) []v1.Booking {
		list := Plan(nil, Wish{Runs: []Run{r}}, shop, start)
		list[0].State = state
		if voided {
			list[0].VoidSince = &metav1.Time{Time: start}
		}
		return list
	}
	for _, test := range []struct {
		name     string
		bookings []v1.Booking
		wish     Wish
		want     string
	}{
		{"two runs", nil, Wish{Runs: []Run{a, b}}, "1:swift:Intended 2:cargo:Intended "},
		{"held", nil, Wish{Runs: []Run{a}, Held: true}, ""},
		{"left", nil, Wish{Runs: []Run{a}, Left: true}, ""},
		{"booked", booked(a, v1.BookingBooked, false), Wish{Runs: []Run{a}}, "1:swift:Booked "},
		{"not wanted any more", booked(a, v1.BookingBooked, false), Wish{}, "1:swift:Booked- "},
		{"not wanted, not asked for yet", booked(a, v1.BookingIntended, false), Wish{}, "1:swift:Intended- "},
		{"not wanted while held", booked(a, v1.BookingBooked, false), Wish{Held: true}, "1:swift:Booked "},
		{"not wanted and refused", booked(a, v1.BookingRefused, false), Wish{}, "1:swift:Refused "},
		{"another departure", booked(a, v1.BookingBooked, false), Wish{Runs: []Run{later}}, "1:swift:Booked- 2:swift:Intended "},
		{"another departure of what has left", booked(a, v1.BookingBooked, false), Wish{Runs: []Run{later}, Left: true}, "1:swift:Booked "},
		{"wanted again while it is taken back", booked(a, v1.BookingBooked, true), Wish{Runs: []Run{a}}, "1:swift:Booked- "},
		{"wanted again and void", booked(a, v1.BookingVoided, true), Wish{Runs: []Run{a}}, "1:swift:Voided- 2:swift:Intended "},
		{"wanted again and kept", booked(a, v1.BookingKept, true), Wish{Runs: []Run{a}}, "1:swift:Unknown "},
		{"kept and not wanted", booked(a, v1.BookingKept, true), Wish{}, "1:swift:Kept- "},
		{"refused", booked(a, v1.BookingRefused, false), Wish{Runs: []Run{a}}, "1:swift:Refused "},
		{"void by the carrier", booked(a, v1.BookingVoided, false), Wish{Runs: []Run{a}}, "1:swift:Voided "},
		{"refused by a Partner that has changed", booked(a, v1.BookingRefused, false), Wish{Runs: []Run{changed}}, "1:swift:Refused 2:swift:Intended "},
		{"booked at a Partner that has changed", booked(a, v1.BookingBooked, false), Wish{Runs: []Run{changed}}, "1:swift:Booked "},
		{"booked at a Partner that has lost its desk", booked(a, v1.BookingBooked, false), Wish{Runs: []Run{gone}}, "1:swift:Booked "},
		{"at a Partner without a desk", nil, Wish{Runs: []Run{gone}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := summary(test.bookings)
			next := Plan(test.bookings, test.wish, shop, start)
			if got := summary(next); got != test.want {
				t.Errorf("%s, not %s", got, test.want)
			}
			if again := summary(Plan(next, test.wish, shop, start.Add(time.Second))); again != test.want {
				t.Errorf("planned again it is %s", again)
			}
			if after := summary(test.bookings); after != before {
				t.Errorf("what was read has changed to %s", after)
			}
		})
	}
}

// A full list makes room for what is wanted as long as something in it came to nothing,
// and gives no number twice.
func TestRoom(t *testing.T) {
	var list []v1.Booking
	seen := map[string]bool{}
	for i := range 3 * v1.MaxBookings {
		r := run("swift", "a")
		r.DepartBy = &metav1.Time{Time: start.Add(time.Duration(i) * time.Hour)}
		list = Plan(list, Wish{Runs: []Run{r}}, shop, start)
		b := &list[len(list)-1]
		if seen[b.ID] {
			t.Fatalf("id %s is given twice", b.ID)
		}
		seen[b.ID], b.State = true, v1.BookingRefused
	}
	if len(list) != v1.MaxBookings {
		t.Errorf("%d bookings are kept", len(list))
	}
	for i := range list {
		list[i].State = v1.BookingKept
	}
	w := Wish{Runs: []Run{run("swift", "z")}}
	if next := Plan(list, w, shop, start); len(next) != v1.MaxBookings || !Stand(next, w).Full {
		t.Errorf("%d bookings, full: %v", len(next), Stand(next, w).Full)
	}
}

func TestIDTellsRunsApart(t *testing.T) {
	a, b, c := run("swift", "a", "b"), run("swift", "a"), run("cargo", "a", "b")
	other := shop
	other.Grant = "another"
	ids := map[string]bool{shop.ID(&a, 1): true, shop.ID(&a, 2): true, shop.ID(&b, 1): true, shop.ID(&c, 1): true, other.ID(&a, 1): true}
	if len(ids) != 5 {
		t.Errorf("%d ids for five bookings", len(ids))
	}
}
