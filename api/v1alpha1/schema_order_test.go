package v1alpha1_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

type orderWrite = write[*v1alpha1.Order]

// earlier and later are two times that an API server keeps as they are.
var (
	earlier = metav1.NewTime(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	later   = metav1.NewTime(earlier.Add(time.Hour))
)

func validOrder() *v1alpha1.Order {
	return &v1alpha1.Order{Spec: v1alpha1.OrderSpec{
		Channel:     "web",
		ExternalRef: "100045",
		Customer:    v1alpha1.Customer{ID: "c-17"},
		ShipTo:      v1alpha1.Address{Name: "Ada Byron", Lines: []string{"Kaiserstr. 5"}, City: "Berlin", PostalCode: "10115", Country: "DE"},
		Currency:    "EUR",
		Lines: []v1alpha1.OrderLine{
			{ID: "1", SKU: "TEA-GREEN-100", Quantity: 3, UnitPrice: 1250},
			{ID: "2", SKU: "COFFEE-250", Quantity: 1, UnitPrice: 890},
		},
		Payment: v1alpha1.OrderPayment{Method: v1alpha1.PaymentCard},
	}}
}

func TestOrderCreations(t *testing.T)        { checkWrites(t, validOrder, orderCreations) }
func TestOrderUpdates(t *testing.T)          { checkWrites(t, validOrder, orderUpdates) }
func TestConfirmedOrderUpdates(t *testing.T) { checkWrites(t, validOrder, confirmedOrderUpdates) }

var (
	orderNameTooLong   = refusal{"metadata", "the name of an Order has at most 52 characters, so that its Shipments can be named after it; choose a shorter name"}
	noQuantity         = refusal{"spec.lines[0].quantity", "quantity is at least 1 when an order is placed"}
	discountAboveLine  = refusal{"spec.lines[0].discount", "discount is at most quantity times unitPrice"}
	lineAmountTooLarge = refusal{"spec.lines", "quantity times unitPrice of a line is above 9007199254740991 minor units; split the order"}
	linesChanged       = refusal{"spec.lines", "lines cannot be added, removed or renamed; lower a quantity to 0 to cancel a line, place a new Order for more"}
	externalRefChanged = refusal{"spec.externalRef", "externalRef cannot be changed; place a new Order"}
	quantityRaised     = refusal{"spec.lines[0].quantity", "quantity can only be lowered; place a new Order for more"}
)

var orderCreations = map[string]orderWrite{
	"the base is accepted": {},
	"a name of 52 characters leaves room for the names of Shipments": {
		create: func(o *v1alpha1.Order) { o.Name = strings.Repeat("o", 52) },
	},
	"a name of 53 characters does not": {
		create:  func(o *v1alpha1.Order) { o.Name = strings.Repeat("o", 53) },
		refused: orderNameTooLong,
	},
	"one unit is the least that can be ordered": {
		create: func(o *v1alpha1.Order) { o.Spec.Lines[0].Quantity = 1 },
	},
	"nothing cannot be ordered": {
		create:  func(o *v1alpha1.Order) { o.Spec.Lines[0].Quantity = 0 },
		refused: noQuantity,
	},
	"a line can be discounted down to nothing": {
		create: func(o *v1alpha1.Order) { o.Spec.Lines[0].Discount = 3 * 1250 },
	},
	"a line cannot cost less than nothing": {
		create:  func(o *v1alpha1.Order) { o.Spec.Lines[0].Discount = 3*1250 + 1 },
		refused: discountAboveLine,
	},
	"a free product cannot be discounted": {
		create: func(o *v1alpha1.Order) {
			o.Spec.Lines[0].UnitPrice, o.Spec.Lines[0].Discount = 0, 1
		},
		refused: discountAboveLine,
	},
	"a free product is accepted": {
		create: func(o *v1alpha1.Order) { o.Spec.Lines[0].UnitPrice = 0 },
	},
	"a line of exactly the largest amount is accepted, discounted as a whole": {
		create: func(o *v1alpha1.Order) {
			o.Spec.Lines[0].Quantity, o.Spec.Lines[0].UnitPrice = 1, v1alpha1.MaxAmount
			o.Spec.Lines[0].Discount = v1alpha1.MaxAmount
		},
	},
	"a line whose price times quantity just fits is accepted": {
		create: func(o *v1alpha1.Order) {
			o.Spec.Lines[0].Quantity, o.Spec.Lines[0].UnitPrice = 2, v1alpha1.MaxAmount/2
		},
	},
	"a line whose price times quantity is one step above the largest amount is refused": {
		create: func(o *v1alpha1.Order) {
			o.Spec.Lines[0].Quantity, o.Spec.Lines[0].UnitPrice = 2, v1alpha1.MaxAmount/2+1
		},
		refused: lineAmountTooLarge,
	},
	"a line whose price times quantity would wrap around is refused": {
		create: func(o *v1alpha1.Order) {
			o.Spec.Lines[0].Quantity, o.Spec.Lines[0].UnitPrice = 1_000_000_000, v1alpha1.MaxAmount
		},
		refused: lineAmountTooLarge,
	},
	"two lines of the same product are two lines": {
		create: func(o *v1alpha1.Order) { o.Spec.Lines[1].SKU = o.Spec.Lines[0].SKU },
	},
	"two lines with the same id are refused": {
		create:  func(o *v1alpha1.Order) { o.Spec.Lines[1].ID = o.Spec.Lines[0].ID },
		refused: refusal{"spec.lines[1]", "Duplicate value"},
	},
}

var orderUpdates = map[string]orderWrite{
	"channel is part of the identity": {
		update:  func(o *v1alpha1.Order) { o.Spec.Channel = "phone" },
		refused: refusal{"spec.channel", "channel cannot be changed; place a new Order"},
	},
	"channel cannot be dropped, as it would become the default": {
		update:  func(o *v1alpha1.Order) { o.Spec.Channel = "" },
		refused: refusal{"spec.channel", "channel cannot be changed; place a new Order"},
	},
	"externalRef is part of the identity": {
		update:  func(o *v1alpha1.Order) { o.Spec.ExternalRef = "100046" },
		refused: externalRefChanged,
	},
	"externalRef cannot be dropped": {
		update:  func(o *v1alpha1.Order) { o.Spec.ExternalRef = "" },
		refused: externalRefChanged,
	},
	"externalRef cannot be given later": {
		create:  func(o *v1alpha1.Order) { o.Spec.ExternalRef = "" },
		update:  func(o *v1alpha1.Order) { o.Spec.ExternalRef = "100045" },
		refused: externalRefChanged,
	},
	"an order without externalRef can be edited": {
		create: func(o *v1alpha1.Order) { o.Spec.ExternalRef = "" },
		update: func(o *v1alpha1.Order) { o.Spec.Priority = 5 },
	},
	"currency gives the amounts their meaning": {
		update:  func(o *v1alpha1.Order) { o.Spec.Currency = "JPY" },
		refused: refusal{"spec.currency", "currency cannot be changed; place a new Order"},
	},
	"a line cannot be added": {
		update: func(o *v1alpha1.Order) {
			o.Spec.Lines = append(o.Spec.Lines, v1alpha1.OrderLine{ID: "3", SKU: "MUG", Quantity: 1, UnitPrice: 1})
		},
		refused: linesChanged,
	},
	"a line cannot be removed": {
		update:  func(o *v1alpha1.Order) { o.Spec.Lines = o.Spec.Lines[:1] },
		refused: linesChanged,
	},
	"a line cannot be renamed": {
		update:  func(o *v1alpha1.Order) { o.Spec.Lines[0].ID = "one" },
		refused: linesChanged,
	},
	"lines can be listed in another order": {
		update: func(o *v1alpha1.Order) { o.Spec.Lines[0], o.Spec.Lines[1] = o.Spec.Lines[1], o.Spec.Lines[0] },
	},
	"a quantity can be lowered": {
		update: func(o *v1alpha1.Order) { o.Spec.Lines[0].Quantity = 2 },
	},
	"a quantity can be lowered to nothing, which cancels the line, whatever its discount": {
		create: func(o *v1alpha1.Order) { o.Spec.Lines[0].Discount = 100 },
		update: func(o *v1alpha1.Order) { o.Spec.Lines[0].Quantity = 0 },
	},
	"a quantity cannot be raised": {
		update:  func(o *v1alpha1.Order) { o.Spec.Lines[0].Quantity = 4 },
		refused: quantityRaised,
	},
	"sku of a line is what was sold": {
		update:  func(o *v1alpha1.Order) { o.Spec.Lines[0].SKU = "TEA-BLACK-100" },
		refused: refusal{"spec.lines[0].sku", "sku of a line cannot be changed; place a new Order"},
	},
	"unitPrice of a line is what it was sold for": {
		update:  func(o *v1alpha1.Order) { o.Spec.Lines[0].UnitPrice-- },
		refused: refusal{"spec.lines[0].unitPrice", "unitPrice cannot be changed; place a new Order"},
	},
	"taxBps of a line is what it was sold with": {
		update:  func(o *v1alpha1.Order) { o.Spec.Lines[0].TaxBps = 700 },
		refused: refusal{"spec.lines[0].taxBps", "taxBps cannot be changed; place a new Order"},
	},
	"what is frozen at confirmation can be changed before": {
		status: func(o *v1alpha1.Order) { o.Status.Phase = v1alpha1.OrderOnHold },
		update: func(o *v1alpha1.Order) {
			o.Spec.ClassName = "retail"
			o.Spec.Discount, o.Spec.ShippingFee = 100, 490
			o.Spec.Payment.Method, o.Spec.Payment.Provider = v1alpha1.PaymentOnline, "wallet"
			o.Spec.ServiceLevel, o.Spec.ShortagePolicy = v1alpha1.ServiceExpress, v1alpha1.ShortageAsk
			o.Spec.Lines[0].Discount, o.Spec.Lines[0].Tax = 50, v1alpha1.TaxExcluded
			o.Spec.ShipTo.City = "Potsdam"
		},
	},
}

// confirmed is the status of an Order that was confirmed.
func confirmed(o *v1alpha1.Order) {
	at := metav1.NewMicroTime(earlier.Time)
	o.Status.ConfirmedAt, o.Status.Phase = &at, v1alpha1.OrderConfirmed
}

// picking is the status of an Order of which one unit is off the shelf.
func picking(o *v1alpha1.Order) {
	confirmed(o)
	o.Status.Phase = v1alpha1.OrderProcessing
	o.Status.Lines = []v1alpha1.OrderLineStatus{{ID: "1", Ordered: 3}, {ID: "2", Ordered: 1, Picked: 1}}
}

func cancelled(o *v1alpha1.Order) { o.Spec.Cancel = &v1alpha1.CancelRequest{Reason: "changed my mind"} }

// frozen is the refusal of a change of a field of a confirmed Order.
func frozen(field string) refusal {
	return refusal{"spec." + field, field + " is frozen once the order is confirmed"}
}

var (
	lineTermsFrozen    = refusal{"spec.lines", "discount and tax of a line are frozen once the order is confirmed"}
	shipToFrozen       = refusal{"spec.shipTo", "shipTo is frozen once picking has begun; cancel what has not left and order again"}
	cancelNotWithdrawn = refusal{"spec.cancel", "a cancel that is being carried out cannot be withdrawn; place a new Order"}
)

var confirmedOrderUpdates = map[string]orderWrite{
	"className is frozen": {
		create: func(o *v1alpha1.Order) { o.Spec.ClassName = "retail" }, status: confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.ClassName = "wholesale" },
		refused: frozen("className"),
	},
	"className cannot be dropped": {
		create: func(o *v1alpha1.Order) { o.Spec.ClassName = "retail" }, status: confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.ClassName = "" },
		refused: frozen("className"),
	},
	"className cannot be given later": {
		status:  confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.ClassName = "retail" },
		refused: frozen("className"),
	},
	"discount is frozen": {
		status:  confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.Discount = 1 },
		refused: frozen("discount"),
	},
	"shippingFee is frozen": {
		create: func(o *v1alpha1.Order) { o.Spec.ShippingFee = 490 }, status: confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.ShippingFee = 0 },
		refused: frozen("shippingFee"),
	},
	"payment.method is frozen": {
		status:  confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.Payment.Method = v1alpha1.PaymentCash },
		refused: frozen("payment.method"),
	},
	"payment.provider is frozen": {
		status:  confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.Payment.Provider = "other" },
		refused: frozen("payment.provider"),
	},
	"payment.provider cannot be dropped": {
		create: func(o *v1alpha1.Order) { o.Spec.Payment.Provider = "card" }, status: confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.Payment.Provider = "" },
		refused: frozen("payment.provider"),
	},
	"the payment token can be replaced after a decline": {
		status: confirmed,
		update: func(o *v1alpha1.Order) { o.Spec.Payment.TokenSecretRef = &v1alpha1.LocalReference{Name: "token-2"} },
	},
	"serviceLevel is frozen": {
		status:  confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.ServiceLevel = v1alpha1.ServiceExpress },
		refused: frozen("serviceLevel"),
	},
	"shortagePolicy is frozen": {
		create: func(o *v1alpha1.Order) { o.Spec.ShortagePolicy = v1alpha1.ShortageAsk }, status: confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.ShortagePolicy = v1alpha1.ShortageCancelOrder },
		refused: frozen("shortagePolicy"),
	},
	"shortagePolicy cannot be dropped": {
		create: func(o *v1alpha1.Order) { o.Spec.ShortagePolicy = v1alpha1.ShortageAsk }, status: confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.ShortagePolicy = "" },
		refused: frozen("shortagePolicy"),
	},
	"shortagePolicy cannot be given later": {
		status:  confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.ShortagePolicy = v1alpha1.ShortageBackorder },
		refused: frozen("shortagePolicy"),
	},
	"an order with a shortagePolicy can be edited": {
		create: func(o *v1alpha1.Order) { o.Spec.ShortagePolicy = v1alpha1.ShortageAsk }, status: confirmed,
		update: func(o *v1alpha1.Order) { o.Spec.Priority = 9 },
	},
	"discount of a line is frozen": {
		status:  confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.Lines[1].Discount = 1 },
		refused: lineTermsFrozen,
	},
	"tax mode of a line is frozen": {
		status:  confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.Lines[0].Tax = v1alpha1.TaxExcluded },
		refused: lineTermsFrozen,
	},
	"a quantity can still be lowered": {
		status: confirmed,
		update: func(o *v1alpha1.Order) { o.Spec.Lines[0].Quantity = 1 },
	},
	"a quantity still cannot be raised": {
		status:  confirmed,
		update:  func(o *v1alpha1.Order) { o.Spec.Lines[0].Quantity = 4 },
		refused: quantityRaised,
	},
	"Active -> Paused and priority are never frozen": {
		status: picking,
		update: func(o *v1alpha1.Order) { o.Spec.Management, o.Spec.Priority = v1alpha1.ManagementPaused, 9 },
	},
	"shipTo can be corrected until picking": {
		status: func(o *v1alpha1.Order) { picking(o); o.Status.Lines[1].Picked = 0 },
		update: func(o *v1alpha1.Order) { o.Spec.ShipTo.City = "Potsdam" },
	},
	"shipTo is frozen once a unit is picked": {
		status:  picking,
		update:  func(o *v1alpha1.Order) { o.Spec.ShipTo.City = "Potsdam" },
		refused: shipToFrozen,
	},
	"other edits of an order in picking are accepted": {
		status: picking, update: cancelled,
	},
	"a cancel can be withdrawn before it is carried out": {
		create: cancelled, status: confirmed,
		update: func(o *v1alpha1.Order) { o.Spec.Cancel = nil },
	},
	"a cancel cannot be withdrawn while it is carried out": {
		create: cancelled, status: func(o *v1alpha1.Order) { o.Status.Phase = v1alpha1.OrderCancelling },
		update:  func(o *v1alpha1.Order) { o.Spec.Cancel = nil },
		refused: cancelNotWithdrawn,
	},
	"a cancel cannot be withdrawn when it was carried out": {
		create: cancelled, status: func(o *v1alpha1.Order) { o.Status.Phase = v1alpha1.OrderCancelled },
		update:  func(o *v1alpha1.Order) { o.Spec.Cancel = nil },
		refused: cancelNotWithdrawn,
	},
	"the reason of a cancel can be completed while it is carried out": {
		create: cancelled, status: func(o *v1alpha1.Order) { o.Status.Phase = v1alpha1.OrderCancelling },
		update: func(o *v1alpha1.Order) { o.Spec.Cancel.Reason = "found it cheaper" },
	},
}
