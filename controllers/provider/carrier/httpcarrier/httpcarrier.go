// Package httpcarrier is the adapter for Partners whose adapter is of type HTTP: any
// carrier that speaks the contract of docs/carrier.openapi.yaml.
package httpcarrier

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/carrier"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// BookingUpdated is the type of the callbacks that are about a booking.
const BookingUpdated = "booking.updated"

// Carrier is one carrier; the paths of the contract are such as /v1/bookings.
type Carrier struct {
	port.Client
}

// order is the body of a PUT.
type order struct {
	Shipment  v1.ObjectName   `json:"shipment"`
	Lanes     []v1.Identifier `json:"lanes"`
	From      v1.Identifier   `json:"from"`
	To        v1.Place        `json:"to,omitempty"`
	Recipient *recipient      `json:"recipient,omitempty"`
	Parcels   []parcel        `json:"parcels"`
	DepartBy  *time.Time      `json:"departBy,omitempty"`
	Currency  v1.Currency     `json:"currency"`
}

type recipient struct {
	Name       string   `json:"name,omitempty"`
	Phone      string   `json:"phone,omitempty"`
	Lines      []string `json:"lines,omitempty"`
	City       string   `json:"city,omitempty"`
	Region     string   `json:"region,omitempty"`
	PostalCode string   `json:"postalCode,omitempty"`
	Country    string   `json:"country,omitempty"`
}

type parcel struct {
	ID        v1.Identifier `json:"id"`
	MassGrams int64         `json:"massGrams"`
	VolumeCm3 int64         `json:"volumeCm3"`
	Traits    []v1.Trait    `json:"traits,omitempty"`
}

// Lookup finds what became of a booking by its ID. Errors: port.ErrUnknown if the carrier
// never received it, port.ErrPending if it has not decided, port.ErrUnusable if it
// refuses the key; any other means no clear answer.
func (c *Carrier) Lookup(ctx context.Context, id string) (*carrier.Booking, error) {
	b, err := c.ask(ctx, http.MethodGet, id, nil)
	if err != nil {
		return nil, fmt.Errorf("carrier: looking up booking %s: %w", id, err)
	}
	return b, nil
}

// Book orders a transport. Its errors are those of Lookup, but for port.ErrUnknown, and
// port.ErrFailed for status 500.
func (c *Carrier) Book(ctx context.Context, r carrier.Request) (*carrier.Booking, error) {
	body, err := json.Marshal(ordered(r))
	if err != nil {
		return nil, fmt.Errorf("carrier: encoding booking %s: %w", r.ID, err)
	}
	b, err := c.ask(ctx, http.MethodPut, r.ID, body)
	if err != nil {
		return nil, fmt.Errorf("carrier: booking %s: %w", r.ID, err)
	}
	return b, nil
}

// Void takes a booking back; what the answer says is the booking's state. Its errors are
// those of Lookup, but for port.ErrUnknown, and port.ErrFailed for status 500.
func (c *Carrier) Void(ctx context.Context, id string) (*carrier.Booking, error) {
	b, err := c.ask(ctx, http.MethodDelete, id, nil)
	if err != nil {
		return nil, fmt.Errorf("carrier: voiding booking %s: %w", id, err)
	}
	return b, nil
}

// Scans lists what was scanned of a booking. Its errors are those of Lookup.
func (c *Carrier) Scans(ctx context.Context, id string) ([]v1.CarrierEvent, error) {
	status, body, err := c.Call(ctx, http.MethodGet, path(id)+"/scans", "", nil)
	switch {
	case err != nil:
	case status == http.StatusOK:
		var events []v1.CarrierEvent
		if events, err = scans(id, body); err == nil {
			return events, nil
		}
	case status == http.StatusNotFound:
		err = port.Unknown(id, body)
	default:
		err = port.Refusal(status)
	}
	return nil, fmt.Errorf("carrier: asking for the scans of booking %s: %w", id, err)
}

func path(id string) string { return "/v1/bookings/" + url.PathEscape(id) }

// ask makes a call that is answered with a booking.
func (c *Carrier) ask(ctx context.Context, method, id string, body []byte) (*carrier.Booking, error) {
	status, answer, err := c.Call(ctx, method, path(id), "", body)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusNotFound && method == http.MethodGet:
		return nil, port.Unknown(id, answer)
	case status == http.StatusUnprocessableEntity && method == http.MethodPut:
		return refused(id, answer)
	default:
		return conclude(id, status, answer)
	}
}

func ordered(r carrier.Request) order {
	o := order{Shipment: r.Shipment, Lanes: r.Lanes, From: r.From, To: r.To, Currency: r.Currency, Parcels: make([]parcel, len(r.Parcels))}
	if !r.DepartBy.IsZero() {
		o.DepartBy = new(r.DepartBy.UTC())
	}
	if a := r.Recipient; a != nil {
		o.Recipient = &recipient{
			Name: a.Name, Phone: a.Phone, Lines: a.Lines, City: a.City, Region: a.Region, PostalCode: a.PostalCode, Country: a.Country,
		}
	}
	for i, p := range r.Parcels {
		o.Parcels[i] = parcel{ID: p.ID, MassGrams: p.MassGrams, VolumeCm3: p.VolumeCm3, Traits: p.Traits}
	}
	return o
}
