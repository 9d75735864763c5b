// Package confirmation holds the checks that an order must pass before it is
// confirmed: an ordered list of small rules. Each rule looks at the facts and
// returns a finding or nothing; what it finds is reported with the field and
// with what a person can do.
package confirmation

import (
	"errors"
	"fmt"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// Finding is something that keeps an order from being confirmed.
type Finding struct {
	// Reason is one of the reasons of package v1alpha1.
	Reason string
	// Field is the path in the Order that it is about.
	Field string
	// Message says what is wrong and what to do.
	Message string
	// Final findings reject the order at once; the others hold it.
	Final bool
	// Absent findings miss another object, which may be on its way.
	Absent bool
	// Waivable findings are matters of judgement: a class may let an order proceed
	// in spite of them when its hold ends.
	Waivable bool
	// Question is what the customer or shop is asked about it, nil for nothing.
	Question *v1.Question
}

func (f *Finding) String() string { return f.Field + ": " + f.Message }

// Facts is all that the rules look at.
type Facts struct {
	Order *v1.Order
	// ClassMissing says that spec.className names a class that does not exist.
	ClassMissing bool
	// BuiltIn says that no class applies, so that the built-in policy does.
	BuiltIn bool
	// Provider that would take the payment, nil if there is none.
	Provider *v1.PaymentProvider
	// Totals is the price, or PriceError says why there is none.
	Totals     pricing.Totals
	PriceError error
	// KnownSKUs are the products that some StockItem of the namespace keeps.
	KnownSKUs map[v1.SKU]bool
	// Original is the name of the Order that this one repeats, "" if there is none.
	Original v1.ObjectName
	// ItemLimit is the number of products that the class's allocation lets one order
	// have, 0 for no limit.
	ItemLimit int
	// ApproveFrom is the total from which on a person must approve, nil for never.
	ApproveFrom *v1.Amount
	// TokenProblem says why the payment token cannot be used, "" if it can.
	TokenProblem string
	// Declined says why the provider did not hold the money, in its words, nil if it
	// was not asked since the spec last changed, or did.
	Declined *string
	// Reused says that the provider knows an earlier order by this one's identity.
	Reused bool
	// Received is the money that was recorded by hand.
	Received v1.Amount
	// Twin is the name of an earlier Order that looks the same, "" if there is none.
	Twin v1.ObjectName
	// Credit is what the order would add to what its customer owes, nil if it is
	// not limited.
	Credit *Credit
}

// rules in the order in which they are reported: first what ends the order,
// then what a person must mend, last what the payment lacks.
var rules = []func(*Facts) *Finding{
	currencyKnown, notDuplicate, notRejected, notCalledOff, nameNotReused,
	classFound, providerFound,
	addressComplete, priceComputable, priceAsExpected, productsKnown, itemsFit,
	wantedTwice, withinCredit, approved,
	tokenUsable, notDeclined, prepaid,
}

// Check runs every rule and lists what they found.
func Check(f *Facts) []Finding {
	var findings []Finding
	for _, rule := range rules {
		if found := rule(f); found != nil {
			findings = append(findings, *found)
		}
	}
	return findings
}

func currencyKnown(f *Facts) *Finding {
	if pricing.KnownCurrency(f.Order.Spec.Currency) {
		return nil
	}
	return &Finding{Reason: v1.ReasonUnknownCurrency, Field: "spec.currency", Final: true,
		Message: fmt.Sprintf("%s is not a currency of ISO 4217; place a new Order with a code such as CNY or EUR", f.Order.Spec.Currency)}
}

func notDuplicate(f *Facts) *Finding {
	if f.Original == "" {
		return nil
	}
	return &Finding{Reason: v1.ReasonDuplicate, Field: "spec.externalRef", Final: true,
		Message: fmt.Sprintf("Order %s has the same channel and externalRef; delete this one, or place it with another externalRef", f.Original)}
}

func notRejected(f *Facts) *Finding {
	if a := f.Order.Spec.Approval; a == nil || a.Decision != v1.DecisionReject {
		return nil
	}
	return &Finding{Reason: v1.ReasonApprovalRejected, Field: "spec.approval", Final: true,
		Message: "the order was rejected by a person; place a new Order"}
}

func nameNotReused(f *Facts) *Finding {
	if !f.Reused || f.approvedByPerson() {
		return nil
	}
	return &Finding{Reason: v1.ReasonReusedName, Field: "metadata.name",
		Message: "the payment provider knows an earlier order of this name and externalRef; place this one under another name, or set spec.approval to charge again"}
}

func itemsFit(f *Facts) *Finding {
	skus := map[v1.SKU]bool{}
	for _, l := range f.Order.Spec.Lines {
		if l.Quantity > 0 {
			skus[l.SKU] = true
		}
	}
	if f.ItemLimit == 0 || len(skus) <= f.ItemLimit {
		return nil
	}
	return &Finding{Reason: v1.ReasonTooManyItems, Field: "spec.lines",
		Message: fmt.Sprintf("the class lets an order have %d products, so that they fit into its Shipments, and this one has %d; split the order, or change spec.allocation of the class", f.ItemLimit, len(skus))}
}

func classFound(f *Facts) *Finding {
	if !f.ClassMissing {
		return nil
	}
	return &Finding{Reason: v1.ReasonClassNotFound, Field: "spec.className", Absent: true,
		Message: fmt.Sprintf("there is no OrderClass %s in this namespace; create it or correct the name", f.Order.Spec.ClassName)}
}

func providerFound(f *Facts) *Finding {
	if f.ClassMissing || f.Provider != nil {
		return nil
	}
	found := &Finding{Reason: v1.ReasonNoProvider, Absent: f.BuiltIn}
	p := f.Order.Spec.Payment
	if p.Provider != "" {
		found.Field = "spec.payment.provider"
		found.Message = fmt.Sprintf("the class has no provider %s for method %s; add it to spec.payment.providers of the class or name another", p.Provider, p.Method)
	} else {
		found.Field = "spec.payment.method"
		found.Message = fmt.Sprintf("the class has no provider for method %s; add one to spec.payment.providers of the class or choose another method", p.Method)
	}
	return found
}

func addressComplete(f *Facts) *Finding {
	a := f.Order.Spec.ShipTo
	for _, part := range []struct {
		field  string
		absent bool
	}{
		{"name", a.Name == ""}, {"lines", len(a.Lines) == 0}, {"city", a.City == ""}, {"country", a.Country == ""},
	} {
		if part.absent {
			return &Finding{Reason: v1.ReasonAddressIncomplete, Field: "spec.shipTo." + part.field, Message: "the address lacks this part; add it"}
		}
	}
	return nil
}

func priceComputable(f *Facts) *Finding {
	if f.PriceError == nil {
		return nil
	}
	if d, ok := errors.AsType[*pricing.DiscountError](f.PriceError); ok {
		return &Finding{Reason: v1.ReasonDiscountTooLarge, Field: d.Field,
			Message: fmt.Sprintf("the discount is above %d, the value that it is given on; lower it", d.Limit)}
	}
	return &Finding{Reason: v1.ReasonAmountTooLarge, Field: "spec.lines", Message: f.PriceError.Error() + "; lower a quantity or split the order"}
}

func productsKnown(f *Facts) *Finding {
	for i, l := range f.Order.Spec.Lines {
		if l.Quantity > 0 && !f.KnownSKUs[l.SKU] {
			return &Finding{Reason: v1.ReasonUnknownSKU, Field: fmt.Sprintf("spec.lines[%d].sku", i), Absent: true,
				Message: fmt.Sprintf("no StockItem of this namespace keeps %s; create one, or lower the quantity of the line to 0", l.SKU)}
		}
	}
	return nil
}

func tokenUsable(f *Facts) *Finding {
	if f.TokenProblem == "" {
		return nil
	}
	return &Finding{Reason: v1.ReasonSecretNotUsable, Field: "spec.payment.tokenSecretRef", Message: f.TokenProblem, Absent: true}
}

func notDeclined(f *Facts) *Finding {
	if f.Declined == nil {
		return nil
	}
	return &Finding{Reason: v1.ReasonPaymentDeclined, Field: "spec.payment",
		Message: fmt.Sprintf("the payment did not come about (%s); change spec.payment to try again", *f.Declined)}
}

func prepaid(f *Facts) *Finding {
	p := f.Provider
	if p == nil || p.Type != v1.ProviderCash || p.Capture != v1.CaptureOnConfirm || f.PriceError != nil || f.Received >= f.Totals.Total {
		return nil
	}
	return &Finding{Reason: v1.ReasonAwaitingPayment, Field: "spec.payment.received",
		Message: fmt.Sprintf("%d of %d minor units came in; record the rest when it arrives", f.Received, f.Totals.Total)}
}
