package httpcarrier

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/carrier"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// booking is a carrier's answer.
type booking struct {
	ID             string      `json:"id"`
	State          string      `json:"state"`
	Reference      string      `json:"reference"`
	TrackingNumber string      `json:"trackingNumber"`
	Label          string      `json:"label"`
	Price          *v1.Amount  `json:"price"`
	Currency       v1.Currency `json:"currency"`
	Message        string      `json:"message"`
}

// pending is the state of a booking that the carrier has not decided yet.
const pending = "Pending"

// conclude turns status and body of an answer into the port's terms. Only a booking in
// state Voided is void, and only one in state Refused is refused: a carrier may answer 200
// and have refused, and a status alone may come from anything that stands between the
// carrier and us.
func conclude(id string, status int, body []byte) (*carrier.Booking, error) {
	switch status {
	case http.StatusOK, http.StatusCreated:
		return decode(id, body)
	case http.StatusAccepted:
		return nil, port.ErrPending
	default:
		return nil, port.Refusal(status)
	}
}

// refused is the answer 422 to an order.
func refused(id string, body []byte) (*carrier.Booking, error) {
	if b, err := decode(id, body); err == nil && b.State == carrier.Refused {
		return b, nil
	}
	return nil, errors.New("status 422 without a refused booking")
}

// decode reads a booking and checks that it is the one that was asked for. Its errors
// quote nothing of the body. A price without a currency is none.
func decode(id string, body []byte) (*carrier.Booking, error) {
	var b booking
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, errors.New("the answer is not a booking in JSON")
	}
	if b.ID != id {
		return nil, errors.New("the answer is about another booking")
	}
	switch b.State {
	case string(carrier.Booked), string(carrier.Refused), string(carrier.Voided):
	case pending:
		return nil, port.ErrPending
	default:
		return nil, errors.New("the answer has an unknown state")
	}
	answer := &carrier.Booking{
		State: carrier.State(b.State), Ref: port.Clean(b.Reference), TrackingNumber: port.Clean(b.TrackingNumber),
		Label: label(b.Label), Message: port.Clean(b.Message),
	}
	if p := b.Price; p != nil && *p >= 0 && *p <= v1.MaxAmount && currency.MatchString(string(b.Currency)) {
		answer.Price, answer.Currency = p, b.Currency
	}
	return answer, nil
}

var currency = regexp.MustCompile(`^[A-Z]{3}$`)

// label is an address at which labels can be got, "" if it is none: a part of one leads
// nowhere, and what is in a query may open it for whoever reads the Shipment.
func label(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return ""
	}
	if text = u.String(); len(text) > carrier.MaxLabel { // longer than it was, where it had to be escaped
		return ""
	}
	return text
}

// scan is what was scanned of a booking.
type scan struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	At       time.Time `json:"at"`
	Location string    `json:"location"`
	Note     string    `json:"note"`
}

// types are the scans that the contract knows.
var types = map[string]v1.CarrierEventType{
	"Accepted": v1.CarrierAccepted, "InTransit": v1.CarrierInTransit, "OutForDelivery": v1.CarrierOutForDelivery,
	"AvailableForPickup": v1.CarrierAvailableForPickup, "Delivered": v1.CarrierDelivered, "Failed": v1.CarrierFailed,
	"Refused": v1.CarrierRefused, "Damaged": v1.CarrierDamaged, "Lost": v1.CarrierLost,
	"ReturnToSender": v1.CarrierReturnToSender, "Correction": v1.CarrierCorrection,
}

// Bounds of an event, those of the schema, in bytes.
const (
	maxLocation = 40
	maxNote     = 60
)

var eventID = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)

// scans reads what was scanned. What the contract does not know is kept as Other, with
// the carrier's own word in its note; a scan without a time tells nothing and is dropped.
func scans(id string, body []byte) ([]v1.CarrierEvent, error) {
	var answer struct {
		ID    string `json:"id"`
		Scans []scan `json:"scans"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, errors.New("the answer is not a list of scans in JSON")
	}
	if answer.ID != id {
		return nil, errors.New("the answer is about another booking")
	}
	events := make([]v1.CarrierEvent, 0, len(answer.Scans))
	for _, s := range answer.Scans {
		at := metav1.NewTime(s.At.UTC()).Rfc3339Copy() // zero for a year that the API does not take
		if at.IsZero() {
			continue
		}
		e := v1.CarrierEvent{
			ID: v1.Identifier(s.ID), Type: types[s.Type], At: at,
			Location: cut(s.Location, maxLocation), Note: cut(s.Note, maxNote),
		}
		if !eventID.MatchString(s.ID) {
			// Another name by which it is the same scan the next time; one without an id is
			// told by what it says.
			name := s.ID
			if name == "" {
				name = fmt.Sprintf("%s %s %s", s.Type, e.At.UTC().Format(time.RFC3339), s.Location)
			}
			sum := sha256.Sum256([]byte(name))
			e.ID = v1.Identifier("h-" + hex.EncodeToString(sum[:16]))
		}
		if e.Type == "" {
			e.Type, e.Note = v1.CarrierOther, cut(s.Type+" "+s.Note, maxNote)
		}
		events = append(events, e)
	}
	return events, nil
}

// cut makes a text fit for an event.
func cut(text string, most int) string {
	text = port.Clean(text)
	for len(text) > most {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}
