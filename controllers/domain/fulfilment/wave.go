package fulfilment

import (
	"fmt"
	"strings"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Pick is what the order of picking asks of a Shipment.
type Pick struct {
	// Location of its units, Carrier and Lane that take it first, and DepartBy the
	// cutoff until which it has to be handed over; the carrier is "" and DepartBy zero
	// where nothing is known.
	Location v1.Identifier
	Carrier  v1.ObjectName
	Lane     v1.Identifier
	DepartBy time.Time
	// Promised is when the customer should have it, zero for no promise.
	Promised time.Time
	To       *v1.Address
	// Traits of any of its units, and the mass of all.
	Traits    []v1.Trait
	MassGrams int64
	Name      string
}

// Wave names the Shipments that are picked together: those of one location that leave
// on one lane, until one cutoff.
func Wave(p *Pick) string {
	parts := []string{string(p.Location)}
	if p.Carrier != "" {
		parts = append(parts, string(p.Carrier), string(p.Lane))
	}
	if !p.DepartBy.IsZero() {
		parts = append(parts, p.DepartBy.UTC().Format(time.RFC3339))
	}
	return strings.Join(parts, "/")
}

// Sequence is a text by which the Shipments of a wave are sorted to be picked: by the
// day of the promise, then by country, region and city, then what breaks and what must
// stay cold last, then the heaviest first, so that it lies below, and at last by name. A
// Shipment has it for itself alone, so that nothing is written again when others come.
func Sequence(p *Pick) string {
	day := "9999-12-31"
	if !p.Promised.IsZero() {
		day = p.Promised.UTC().Format(time.DateOnly)
	}
	to := p.To
	if to == nil {
		to = &v1.Address{}
	}
	place := strings.ToUpper(strings.Join([]string{to.Country, to.Region, to.City}, "/"))
	return fmt.Sprintf("%s/%s/%d/%019d/%s", day, place, lateness(p.Traits), max(0, heaviest-p.MassGrams), p.Name)
}

// heaviest is above every mass that is told apart.
const heaviest = 1_000_000_000_000_000_000

// lateness is how late a Shipment is picked within a place: what is fragile is put on
// top, and what must stay cold leaves the cold store last.
func lateness(traits []v1.Trait) int {
	late := 0
	for _, t := range traits {
		switch t {
		case v1.TraitColdChain:
			late = max(late, 2)
		case v1.TraitFragile:
			late = max(late, 1)
		}
	}
	return late
}
