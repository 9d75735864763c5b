package judge

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/history"
	"ordercycle.dev/ordercycle/hack/testenv/carrierfake"
)

// Shipments and carrier know of the same bookings, and each way is booked once.
func TestBookedOnce(t *testing.T) {
	const booked, voided, refused = carrierfake.StateBooked, carrierfake.StateVoided, carrierfake.StateRefused
	entry := func(id string, state carrierfake.State) carrierfake.Entry {
		return carrierfake.Entry{ID: id, State: state}
	}
	ours := func(id string, state v1.BookingState, lanes ...v1.Identifier) v1.Booking {
		return v1.Booking{ID: id, State: state, Lanes: append(lanes, "out")}
	}
	for name, test := range map[string]struct {
		ours      []v1.Booking
		theirs    []carrierfake.Entry
		cancelled bool
		missing   string
		broken    bool
	}{
		"both know it":                         {[]v1.Booking{ours("a", v1.BookingBooked)}, []carrierfake.Entry{entry("a", booked)}, false, "", false},
		"two parts of the way":                 {[]v1.Booking{ours("a", v1.BookingBooked), ours("b", v1.BookingBooked, "in")}, []carrierfake.Entry{entry("a", booked), entry("b", booked)}, false, "", false},
		"one part twice":                       {[]v1.Booking{ours("a", v1.BookingBooked), ours("b", v1.BookingBooked)}, []carrierfake.Entry{entry("a", booked), entry("b", booked)}, false, "", true},
		"void and made again":                  {[]v1.Booking{ours("a", v1.BookingVoided), ours("b", v1.BookingBooked)}, []carrierfake.Entry{entry("a", booked), entry("a", voided), entry("b", booked)}, false, "", false},
		"only the carrier knows it":            {nil, []carrierfake.Entry{entry("a", booked)}, false, "", true},
		"only the Shipment knows it":           {[]v1.Booking{ours("a", v1.BookingBooked)}, nil, false, "", true},
		"it is void, and booked":               {[]v1.Booking{ours("a", v1.BookingVoided)}, []carrierfake.Entry{entry("a", booked)}, false, "", true},
		"it is booked, and void":               {[]v1.Booking{ours("a", v1.BookingBooked)}, []carrierfake.Entry{entry("a", booked), entry("a", voided)}, false, "", true},
		"refused":                              {[]v1.Booking{ours("a", v1.BookingRefused)}, []carrierfake.Entry{entry("a", refused)}, false, "", false},
		"cancelled, and still booked":          {[]v1.Booking{ours("a", v1.BookingBooked)}, []carrierfake.Entry{entry("a", booked)}, true, "", true},
		"cancelled, and the carrier insists":   {[]v1.Booking{ours("a", v1.BookingKept)}, []carrierfake.Entry{entry("a", booked)}, true, "", false},
		"the carrier insists, and has it void": {[]v1.Booking{ours("a", v1.BookingKept)}, []carrierfake.Entry{entry("a", booked), entry("a", voided)}, true, "", true},
		"open in the end":                      {[]v1.Booking{ours("a", v1.BookingUnknown)}, nil, false, "", true},
		"open where the end is not reached":    {[]v1.Booking{ours("a", v1.BookingUnknown)}, nil, false, "the end", false},
		"made again under its id":              {[]v1.Booking{ours("a", v1.BookingBooked)}, []carrierfake.Entry{entry("a", voided), entry("a", booked)}, false, "", true},
	} {
		s := &v1.Shipment{}
		s.UID, s.Status.Bookings = "uid", test.ours
		if test.cancelled {
			s.Status.CancelledAt = &metav1.Time{}
		}
		broken := false
		bookedOnce(&Run{Versions: []history.Version{{Object: s}}, Booked: test.theirs, Missing: test.missing}, func(string, ...any) { broken = true })
		if broken != test.broken {
			t.Errorf("%s: broken is %v", name, broken)
		}
	}
}
