package stripe

import (
	"fmt"
	"strings"

	"github.com/bojanz/currency"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Digits after the point in Stripe's amounts are 2, but for these currencies.
// Source: docs.stripe.com/currencies, "Zero-decimal currencies", "Three-decimal
// currencies" and "Special cases". ISK and UGX have none in ISO 4217 and are charged
// in hundredths all the same.
var digits = map[v1.Currency]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "JPY": 0, "KMF": 0, "KRW": 0, "MGA": 0,
	"PYG": 0, "RWF": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3,
}

// scale is how many of Stripe's units are num/den of our minor units, and of how
// many of its units an amount must be a multiple.
func scale(code v1.Currency) (num, den, multiple int64, err error) {
	own, ok := currency.GetDigits(string(code))
	if !ok {
		return 0, 0, 0, refusal(fmt.Sprintf("Stripe has no currency %s", code))
	}
	theirs, listed := digits[code]
	if !listed {
		theirs = 2
	}
	num, den, multiple = 1, 1, 1
	for range theirs - int(own) {
		num *= 10
	}
	for range int(own) - theirs {
		den *= 10
	}
	if theirs == 3 {
		multiple = 10
	}
	return num, den, multiple, nil
}

// toStripe converts an amount in minor units of ISO 4217 into Stripe's. It refuses
// one that Stripe cannot express.
func toStripe(amount v1.Amount, code v1.Currency) (int64, error) {
	num, den, multiple, err := scale(code)
	if err != nil {
		return 0, err
	}
	a := int64(amount)
	if a%den != 0 || a/den*num%multiple != 0 {
		return 0, refusal(fmt.Sprintf("Stripe takes no amount of %s with as many digits", code))
	}
	return a / den * num, nil
}

// fromStripe is the way back.
func fromStripe(amount int64, code v1.Currency) (v1.Amount, error) {
	num, den, _, err := scale(code)
	if err != nil {
		return 0, fmt.Errorf("stripe: an answer in currency %q", code)
	}
	if amount < 0 || amount%num != 0 || amount/num > v1.MaxAmount/den {
		return 0, fmt.Errorf("stripe: an answer with an amount that %s does not have", code)
	}
	return v1.Amount(amount / num * den), nil
}

func lower(code v1.Currency) string { return strings.ToLower(string(code)) }
