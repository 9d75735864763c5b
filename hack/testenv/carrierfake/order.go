package carrierfake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"time"
)

// Order is what is booked, as it comes in.
type Order struct {
	Shipment  string     `json:"shipment"`
	Lanes     []string   `json:"lanes"`
	From      string     `json:"from"`
	To        string     `json:"to"`
	Recipient *Recipient `json:"recipient"`
	Parcels   []Parcel   `json:"parcels"`
	DepartBy  *time.Time `json:"departBy"`
	Currency  string     `json:"currency"`
}

// Recipient is who gets the parcels.
type Recipient struct {
	Name       string   `json:"name"`
	Phone      string   `json:"phone"`
	Lines      []string `json:"lines"`
	City       string   `json:"city"`
	Region     string   `json:"region"`
	PostalCode string   `json:"postalCode"`
	Country    string   `json:"country"`
}

// Parcel is what is packed together.
type Parcel struct {
	ID        string   `json:"id"`
	MassGrams int64    `json:"massGrams"`
	VolumeCm3 int64    `json:"volumeCm3"`
	Traits    []string `json:"traits"`
}

var (
	bookingID = regexp.MustCompile(`^[a-z2-7]{52}$`)
	currency  = regexp.MustCompile(`^[A-Z]{3}$`)
)

// read takes the order out of a PUT and refuses what breaks the contract.
func read(id string, r *http.Request) (Order, error) {
	var o Order
	// All of the body is read: a connection with unread bytes is reset when it is
	// cut, and the client would see something else than what is meant.
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return o, errors.New("the body cannot be read")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return o, errors.New("the body is no booking")
	}
	switch {
	case !bookingID.MatchString(id):
		return o, errors.New("the id is none")
	case len(o.Lanes) == 0, o.From == "", o.Shipment == "":
		return o, errors.New("the lanes, their begin or the Shipment are missing")
	case (o.To == "") != (o.Recipient != nil):
		return o, errors.New("only what goes to a door has a recipient, and all that does")
	case !currency.MatchString(o.Currency):
		return o, errors.New("the currency is none")
	default:
		return o, nil
	}
}
