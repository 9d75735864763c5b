package v1alpha1_test

import (
	"strings"
	"testing"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

type partnerWrite = write[*v1alpha1.Partner]

func validPartner() *v1alpha1.Partner {
	return &v1alpha1.Partner{Spec: v1alpha1.PartnerSpec{
		Calendar: &v1alpha1.Calendar{TimeZone: "Asia/Shanghai", Days: []v1alpha1.Weekday{"Monday"}, Closed: []v1alpha1.Date{"2026-10-01"}},
		Lanes: []v1alpha1.Lane{{
			ID: "sha-hgh", Mode: v1alpha1.ModeLand, From: "shanghai", To: v1alpha1.LaneEnd{Place: "hangzhou"},
			TransitHours: v1alpha1.TransitHours{P50: 8, P90: 12}, Cost: v1alpha1.LaneCost{Currency: "CNY", Fixed: 300}, Cutoff: "18:00",
		}, {
			ID: "hgh", Mode: v1alpha1.ModeLand, From: "hangzhou", To: v1alpha1.LaneEnd{Area: &v1alpha1.Area{Country: "CN", Region: "ZJ", City: "Hangzhou"}},
			TransitHours: v1alpha1.TransitHours{P50: 4, P90: 4}, Cost: v1alpha1.LaneCost{Currency: "CNY"},
		}},
	}}
}

// first changes the first lane, which ends at a place, and last the other one.
func first(change func(*v1alpha1.Lane)) func(*v1alpha1.Partner) {
	return func(p *v1alpha1.Partner) { change(&p.Spec.Lanes[0]) }
}

func last(change func(*v1alpha1.Lane)) func(*v1alpha1.Partner) {
	return func(p *v1alpha1.Partner) { change(&p.Spec.Lanes[1]) }
}

func closed(day v1alpha1.Date) func(*v1alpha1.Partner) {
	return func(p *v1alpha1.Partner) { p.Spec.Calendar.Closed[0] = day }
}

func zone(name string) func(*v1alpha1.Partner) {
	return func(p *v1alpha1.Partner) { p.Spec.Calendar.TimeZone = name }
}

func desk(kind v1alpha1.AdapterType, url string, secret v1alpha1.ObjectName) func(*v1alpha1.Partner) {
	return func(p *v1alpha1.Partner) {
		p.Spec.Adapter = v1alpha1.PartnerAdapter{Type: kind, URL: url}
		if secret != "" {
			p.Spec.Adapter.SecretRef = &v1alpha1.LocalReference{Name: secret}
		}
	}
}

func TestPartnerWrites(t *testing.T) { checkWrites(t, validPartner, partnerWrites) }

var partnerWrites = map[string]partnerWrite{
	"the base is accepted": {},
	"a company without lanes is accepted": {
		create: func(p *v1alpha1.Partner) { p.Spec = v1alpha1.PartnerSpec{} },
	},
	"a name of 63 characters is accepted": {
		create: func(p *v1alpha1.Partner) { p.Name = strings.Repeat("p", 63) },
	},
	"a name of 64 characters is refused": {
		create:  func(p *v1alpha1.Partner) { p.Name = strings.Repeat("p", 64) },
		refused: refusal{"metadata", "the name of a Partner has at most 63 characters; choose a shorter name"},
	},
	"two lanes cannot share an id": {
		create:  last(func(l *v1alpha1.Lane) { l.ID = "sha-hgh" }),
		refused: refusal{"spec.lanes[1]", "Duplicate value"},
	},
	"a lane does not end where it begins": {
		create:  first(func(l *v1alpha1.Lane) { l.To.Place = "shanghai" }),
		refused: refusal{"spec.lanes[0].to.place", "a lane ends at another place than it begins at"},
	},
	"a place of 40 characters is accepted": {
		create: first(func(l *v1alpha1.Lane) { l.To.Place = v1alpha1.Place(strings.Repeat("p", 40)) }),
	},
	"a place of 41 characters is refused": {
		create:  first(func(l *v1alpha1.Lane) { l.To.Place = v1alpha1.Place(strings.Repeat("p", 41)) }),
		refused: refusal{"spec.lanes[0].to.place", "may not be more than 40"},
	},
	"a lane ends somewhere": {
		create:  first(func(l *v1alpha1.Lane) { l.To = v1alpha1.LaneEnd{} }),
		refused: refusal{"spec.lanes[0].to", "a lane ends at a place or in an area; state one of them"},
	},
	"a lane does not end at two": {
		create:  first(func(l *v1alpha1.Lane) { l.To.Area = &v1alpha1.Area{Country: "CN"} }),
		refused: refusal{"spec.lanes[0].to", "a lane ends at a place or in an area; state one of them"},
	},
	"an area may be a country": {
		create: last(func(l *v1alpha1.Lane) { l.To.Area = &v1alpha1.Area{Country: "CN"} }),
	},
	"an area may be a region": {
		create: last(func(l *v1alpha1.Lane) { l.To.Area = &v1alpha1.Area{Country: "CN", Region: "ZJ"} }),
	},
	"a city needs its region": {
		create:  last(func(l *v1alpha1.Lane) { l.To.Area.Region = "" }),
		refused: refusal{"spec.lanes[1].to.area.region", "a city needs its region, or cities of one name are mistaken for each other"},
	},
	"p90 may be p50": {
		create: first(func(l *v1alpha1.Lane) { l.TransitHours = v1alpha1.TransitHours{P50: 8, P90: 8} }),
	},
	"p90 is not below p50": {
		create:  first(func(l *v1alpha1.Lane) { l.TransitHours = v1alpha1.TransitHours{P50: 8, P90: 7} }),
		refused: refusal{"spec.lanes[0].transitHours.p90", "p90 is at least p50: nine of ten take as long or less"},
	},
	"the last minute of the day is a cutoff": {
		create: first(func(l *v1alpha1.Lane) { l.Cutoff = "23:59" }),
	},
	"the one after it is none": {
		create:  first(func(l *v1alpha1.Lane) { l.Cutoff = "24:00" }),
		refused: refusal{"spec.lanes[0].cutoff", "should match"},
	},
	"the last of February is a day in some years": {create: closed("2028-02-29")},
	"the thirtieth never is": {
		create: closed("2028-02-30"), refused: refusal{"spec.calendar.closed[0]", "should match"},
	},
	"the thirty-first of April neither": {
		create: closed("2026-04-31"), refused: refusal{"spec.calendar.closed[0]", "should match"},
	},
	"the thirty-first of December is one": {create: closed("2026-12-31")},
	"there is no month thirteen": {
		create: closed("2026-13-01"), refused: refusal{"spec.calendar.closed[0]", "should match"},
	},
	"a zone may have several parts": {create: zone("America/Argentina/Buenos_Aires")},
	"a zone is no path": {
		create: zone("../etc/passwd"), refused: refusal{"spec.calendar.timeZone", "should match"},
	},
	"a trait is one that there is": {
		create:  first(func(l *v1alpha1.Lane) { l.Forbids = []v1alpha1.Trait{"Heavy"} }),
		refused: refusal{"spec.lanes[0].forbids[0]", "Unsupported value"},
	},
	"a price is not below nothing": {
		create:  first(func(l *v1alpha1.Lane) { l.Cost.Fixed = -1 }),
		refused: refusal{"spec.lanes[0].cost.fixed", "should be greater than or equal to 0"},
	},
	"a carrier is booked by HTTP": {
		create: desk(v1alpha1.AdapterHTTP, "https://carrier.example/api", "swift"),
	},
	"booked by HTTP it needs an address": {
		create:  desk(v1alpha1.AdapterHTTP, "", "swift"),
		refused: refusal{"spec.adapter", "type HTTP needs url and secretRef"},
	},
	"booked by HTTP it needs credentials": {
		create:  desk(v1alpha1.AdapterHTTP, "https://carrier.example", ""),
		refused: refusal{"spec.adapter", "type HTTP needs url and secretRef"},
	},
	"an address without HTTP is a mistake": {
		create:  desk(v1alpha1.AdapterManual, "https://carrier.example", ""),
		refused: refusal{"spec.adapter", "url and secretRef are for type HTTP; remove them, or set the type"},
	},
	"credentials without HTTP are a mistake": {
		create:  desk(v1alpha1.AdapterSimulated, "", "swift"),
		refused: refusal{"spec.adapter", "url and secretRef are for type HTTP; remove them, or set the type"},
	},
	"an address has no question mark": {
		create:  desk(v1alpha1.AdapterHTTP, "https://carrier.example?key=1", "swift"),
		refused: refusal{"spec.adapter.url", "should match"},
	},
	"lanes are edited": {
		update: first(func(l *v1alpha1.Lane) { l.ID, l.Cost.PerKg = "other", 120 }),
	},
}
