package confirmation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// passing are facts in which no rule finds anything: an order of 2 x 10.00 CNY
// by card, at a simulated provider.
func passing() *Facts {
	o := &v1.Order{}
	o.Name = "order-1"
	o.Spec = v1.OrderSpec{
		Currency: "CNY",
		ShipTo:   v1.Address{Name: "Ann Example", Lines: []string{"1 High Street"}, City: "Shanghai", Country: "CN"},
		Lines:    []v1.OrderLine{{ID: "1", SKU: "tea", Quantity: 2, UnitPrice: 1000}},
		Payment:  v1.OrderPayment{Method: v1.PaymentCard},
	}
	return &Facts{
		Order:     o,
		Provider:  &v1.PaymentProvider{Name: "card", Method: v1.PaymentCard, Type: v1.ProviderSimulated},
		Totals:    pricing.Totals{Goods: 2000, Total: 2000},
		KnownSKUs: map[v1.SKU]bool{"tea": true},
	}
}

// cashOnConfirm is a provider that wants the money before the confirmation.
var cashOnConfirm = v1.PaymentProvider{Name: "transfer", Method: v1.PaymentTransfer, Type: v1.ProviderCash, Capture: v1.CaptureOnConfirm}

// wanted is a finding without its text, of which says must be a part.
type wanted struct {
	Reason, Field string
	Final         bool
	says          string
}

// absent are the findings that miss another object, which may be on its way.
var absent = map[string]bool{v1.ReasonClassNotFound: true, v1.ReasonUnknownSKU: true, v1.ReasonSecretNotUsable: true}

// judgements are the findings that a class may waive.
var judgements = map[string]bool{v1.ReasonPriceMismatch: true, v1.ReasonManualApproval: true}

func TestRules(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Facts)
		want   *wanted
	}{
		"an order that lacks nothing passes": {func(*Facts) {}, nil},

		"a currency that does not exist ends the order": {
			func(f *Facts) { f.Order.Spec.Currency = "ABC" }, &wanted{v1.ReasonUnknownCurrency, "spec.currency", true, "ABC"},
		},
		"a repeated order ends": {
			func(f *Facts) { f.Original = "order-0" }, &wanted{v1.ReasonDuplicate, "spec.externalRef", true, "order-0"},
		},
		"an order that a person rejected ends": {
			func(f *Facts) { f.Order.Spec.Approval = &v1.Approval{Decision: v1.DecisionReject} },
			&wanted{v1.ReasonApprovalRejected, "spec.approval", true, "rejected by a person"},
		},
		"an order that a person approved passes": {
			func(f *Facts) { f.Order.Spec.Approval = &v1.Approval{Decision: v1.DecisionApprove} }, nil,
		},
		"a name that the provider knows holds the order": {
			func(f *Facts) { f.Reused = true }, &wanted{v1.ReasonReusedName, "metadata.name", false, "another name"},
		},
		"a name that the provider knows passes once a person approved": {
			func(f *Facts) { f.Reused, f.Order.Spec.Approval = true, &v1.Approval{Decision: v1.DecisionApprove} }, nil,
		},
		"a class that is missing holds the order, and says nothing of its providers": {
			func(f *Facts) { f.Order.Spec.ClassName, f.ClassMissing, f.Provider = "retail", true, nil },
			&wanted{v1.ReasonClassNotFound, "spec.className", false, "retail"},
		},
		"a method that the class does not know holds the order": {
			func(f *Facts) { f.Provider = nil }, &wanted{v1.ReasonNoProvider, "spec.payment.method", false, "Card"},
		},
		"a provider that the class does not know holds the order": {
			func(f *Facts) { f.Provider, f.Order.Spec.Payment.Provider = nil, "other" },
			&wanted{v1.ReasonNoProvider, "spec.payment.provider", false, "other"},
		},
		"a method that the built-in policy does not know is held": {
			func(f *Facts) { f.Provider, f.BuiltIn = nil, true }, &wanted{v1.ReasonNoProvider, "spec.payment.method", false, "Card"},
		},
		"an address without a name is held": {
			func(f *Facts) { f.Order.Spec.ShipTo.Name = "" }, &wanted{v1.ReasonAddressIncomplete, "spec.shipTo.name", false, "add it"},
		},
		"an address without a street is held": {
			func(f *Facts) { f.Order.Spec.ShipTo.Lines = nil }, &wanted{v1.ReasonAddressIncomplete, "spec.shipTo.lines", false, "add it"},
		},
		"an address without a city is held": {
			func(f *Facts) { f.Order.Spec.ShipTo.City = "" }, &wanted{v1.ReasonAddressIncomplete, "spec.shipTo.city", false, "add it"},
		},
		"an address without a country is held": {
			func(f *Facts) { f.Order.Spec.ShipTo.Country = "" }, &wanted{v1.ReasonAddressIncomplete, "spec.shipTo.country", false, "add it"},
		},
		"of several parts that an address lacks the first is named": {
			func(f *Facts) { f.Order.Spec.ShipTo = v1.Address{} }, &wanted{v1.ReasonAddressIncomplete, "spec.shipTo.name", false, "add it"},
		},
		"region and postal code may be absent": {
			func(f *Facts) { f.Order.Spec.ShipTo.Region, f.Order.Spec.ShipTo.PostalCode = "", "" }, nil,
		},
		"a discount that is too large is held at its own field": {
			func(f *Facts) { f.PriceError = &pricing.DiscountError{Field: "spec.lines[0].discount", Limit: 2000} },
			&wanted{v1.ReasonDiscountTooLarge, "spec.lines[0].discount", false, "2000"},
		},
		"an amount that is too large is held": {
			func(f *Facts) { f.PriceError = &pricing.AmountError{} },
			&wanted{v1.ReasonAmountTooLarge, "spec.lines", false, "9007199254740991"},
		},
		"a total that the channel did not expect is held": {
			func(f *Facts) { f.Order.Spec.ExpectedTotal = new(v1.Amount(1999)) },
			&wanted{v1.ReasonPriceMismatch, "spec.expectedTotal", false, "expected 1999, computed 2000"},
		},
		"an expected total of nothing is compared as well": {
			func(f *Facts) { f.Order.Spec.ExpectedTotal = new(v1.Amount(0)) },
			&wanted{v1.ReasonPriceMismatch, "spec.expectedTotal", false, "expected 0"},
		},
		"a total as expected passes": {
			func(f *Facts) { f.Order.Spec.ExpectedTotal = new(v1.Amount(2000)) }, nil,
		},
		"a product that nobody keeps is held at its line": {
			func(f *Facts) {
				f.Order.Spec.Lines = append(f.Order.Spec.Lines, v1.OrderLine{ID: "2", SKU: "cup", Quantity: 1})
			},
			&wanted{v1.ReasonUnknownSKU, "spec.lines[1].sku", false, "cup"},
		},
		"a line that was lowered to nothing needs no product": {
			func(f *Facts) {
				f.Order.Spec.Lines = append(f.Order.Spec.Lines, v1.OrderLine{ID: "2", SKU: "cup", Quantity: 0})
			},
			nil,
		},
		"an order at the limit needs a person's approval": {
			func(f *Facts) { f.ApproveFrom = new(v1.Amount(2000)) },
			&wanted{v1.ReasonManualApproval, "spec.approval", false, "2000"},
		},
		"an order below the limit needs none": {
			func(f *Facts) { f.ApproveFrom = new(v1.Amount(2001)) }, nil,
		},
		"an order that was approved needs none": {
			func(f *Facts) {
				f.ApproveFrom, f.Order.Spec.Approval = new(v1.Amount(0)), &v1.Approval{Decision: v1.DecisionApprove}
			},
			nil,
		},
		"a token that cannot be used holds the order": {
			func(f *Facts) { f.TokenProblem = "there is no Secret card; create it" },
			&wanted{v1.ReasonSecretNotUsable, "spec.payment.tokenSecretRef", false, "there is no Secret card"},
		},
		"a payment that was declined holds the order": {
			func(f *Facts) { f.Declined = new("insufficient funds") },
			&wanted{v1.ReasonPaymentDeclined, "spec.payment", false, "insufficient funds"},
		},
		"a payment that was declined without a word holds the order": {
			func(f *Facts) { f.Declined = new("") }, &wanted{v1.ReasonPaymentDeclined, "spec.payment", false, "did not come about"},
		},
		"a transfer that did not come in holds the order": {
			func(f *Facts) { f.Provider, f.Received = &cashOnConfirm, 1999 },
			&wanted{v1.ReasonAwaitingPayment, "spec.payment.received", false, "1999 of 2000"},
		},
		"a transfer that came in passes": {
			func(f *Facts) { f.Provider, f.Received = &cashOnConfirm, 2000 }, nil,
		},
		"a transfer that was too much passes": {
			func(f *Facts) { f.Provider, f.Received = &cashOnConfirm, 2001 }, nil,
		},
		"cash on delivery is not waited for": {
			func(f *Facts) { f.Provider = &v1.PaymentProvider{Type: v1.ProviderCash, Capture: v1.CaptureOnDelivery} }, nil,
		},
		"a card is not waited for": {
			func(f *Facts) { f.Provider.Capture = v1.CaptureOnConfirm }, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := passing()
			test.change(f)
			findings := Check(f)
			var got *wanted
			if len(findings) > 1 {
				t.Fatalf("%d findings: %+v", len(findings), findings)
			}
			if len(findings) == 1 {
				missing := absent[findings[0].Reason] || (findings[0].Reason == v1.ReasonNoProvider && f.BuiltIn)
				if findings[0].Absent != missing {
					t.Errorf("%s: absent is %v", findings[0].Reason, findings[0].Absent)
				}
				if findings[0].Waivable != judgements[findings[0].Reason] {
					t.Errorf("%s: waivable is %v", findings[0].Reason, findings[0].Waivable)
				}
				got = &wanted{Reason: findings[0].Reason, Field: findings[0].Field, Final: findings[0].Final}
				if test.want != nil && strings.Contains(findings[0].String(), test.want.says) && strings.HasPrefix(findings[0].String(), findings[0].Field+": ") {
					got.says = test.want.says
				}
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(wanted{})); diff != "" {
				t.Errorf("finding (-want +got):\n%s\n%+v", diff, findings)
			}
		})
	}
}

// What cannot be judged without a price is not judged without one: the order
// is told of the price first.
func TestOnePriceErrorIsOneFinding(t *testing.T) {
	f := passing()
	f.PriceError, f.Totals = &pricing.AmountError{}, pricing.Totals{}
	f.Order.Spec.ExpectedTotal, f.ApproveFrom, f.Provider = new(v1.Amount(5)), new(v1.Amount(0)), &cashOnConfirm
	if diff := cmp.Diff([]string{v1.ReasonAmountTooLarge}, reasons(Check(f))); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

// The first finding decides the fate of the order, so those that end it come first.
func TestFindingsAreInOneOrder(t *testing.T) {
	everything := func() *Facts {
		f := passing()
		o := f.Order
		o.Spec.Currency, f.Original, o.Spec.ShipTo = "ABC", "order-0", v1.Address{}
		o.Spec.ExpectedTotal, f.KnownSKUs = new(v1.Amount(1)), nil
		f.TokenProblem, f.Declined = "no Secret", new("no funds")
		answer("Duplicate", "Cancel")(f)
		twin(f)
		credit(0, 0, 1)(f)
		return f
	}
	for name, test := range map[string]struct {
		change func(*Facts)
		want   []string
	}{
		"rejected, without a provider": {
			func(f *Facts) {
				f.Order.Spec.Approval, f.Provider = &v1.Approval{Decision: v1.DecisionReject}, nil
			},
			[]string{
				v1.ReasonUnknownCurrency, v1.ReasonDuplicate, v1.ReasonApprovalRejected, v1.ReasonAnsweredCancel, v1.ReasonNoProvider, v1.ReasonAddressIncomplete,
				v1.ReasonPriceMismatch, v1.ReasonUnknownSKU, v1.ReasonDuplicateSuspect, v1.ReasonOverCreditLimit, v1.ReasonSecretNotUsable, v1.ReasonPaymentDeclined,
			},
		},
		"rejected, without a class": {
			func(f *Facts) {
				f.Order.Spec.Approval, f.ClassMissing = &v1.Approval{Decision: v1.DecisionReject}, true
			},
			[]string{
				v1.ReasonUnknownCurrency, v1.ReasonDuplicate, v1.ReasonApprovalRejected, v1.ReasonAnsweredCancel, v1.ReasonClassNotFound, v1.ReasonAddressIncomplete,
				v1.ReasonPriceMismatch, v1.ReasonUnknownSKU, v1.ReasonDuplicateSuspect, v1.ReasonOverCreditLimit, v1.ReasonSecretNotUsable, v1.ReasonPaymentDeclined,
			},
		},
		"without a class, to be approved": {
			func(f *Facts) { f.ClassMissing, f.ApproveFrom = true, new(v1.Amount(0)) },
			[]string{
				v1.ReasonUnknownCurrency, v1.ReasonDuplicate, v1.ReasonAnsweredCancel, v1.ReasonClassNotFound, v1.ReasonAddressIncomplete, v1.ReasonPriceMismatch,
				v1.ReasonUnknownSKU, v1.ReasonDuplicateSuspect, v1.ReasonOverCreditLimit, v1.ReasonManualApproval, v1.ReasonSecretNotUsable, v1.ReasonPaymentDeclined,
			},
		},
		"without a price, to be prepaid": {
			func(f *Facts) {
				f.PriceError, f.Provider = &pricing.DiscountError{Field: "spec.discount"}, &cashOnConfirm
			},
			[]string{
				v1.ReasonUnknownCurrency, v1.ReasonDuplicate, v1.ReasonAnsweredCancel, v1.ReasonAddressIncomplete, v1.ReasonDiscountTooLarge,
				v1.ReasonUnknownSKU, v1.ReasonDuplicateSuspect, v1.ReasonSecretNotUsable, v1.ReasonPaymentDeclined,
			},
		},
		"to be prepaid": {
			func(f *Facts) { f.Provider = &cashOnConfirm },
			[]string{
				v1.ReasonUnknownCurrency, v1.ReasonDuplicate, v1.ReasonAnsweredCancel, v1.ReasonAddressIncomplete, v1.ReasonPriceMismatch,
				v1.ReasonUnknownSKU, v1.ReasonDuplicateSuspect, v1.ReasonOverCreditLimit, v1.ReasonSecretNotUsable, v1.ReasonPaymentDeclined, v1.ReasonAwaitingPayment,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := everything()
			test.change(f)
			findings := Check(f)
			if diff := cmp.Diff(test.want, reasons(findings)); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
			for i := 1; i < len(findings); i++ {
				if findings[i].Final && !findings[i-1].Final {
					t.Errorf("%s is final and comes after %s", findings[i].Reason, findings[i-1].Reason)
				}
			}
		})
	}
}

func reasons(findings []Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, f.Reason)
	}
	return list
}
