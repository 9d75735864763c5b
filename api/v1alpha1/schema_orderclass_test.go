package v1alpha1_test

import (
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

type orderClassWrite = write[*v1alpha1.OrderClass]

func validOrderClass() *v1alpha1.OrderClass {
	return &v1alpha1.OrderClass{Spec: v1alpha1.OrderClassSpec{
		Payment: &v1alpha1.PaymentPolicy{Providers: []v1alpha1.PaymentProvider{
			{Name: "card", Method: v1alpha1.PaymentCard, Type: v1alpha1.ProviderSimulated},
			{Name: "cod", Method: v1alpha1.PaymentCash, Type: v1alpha1.ProviderCash},
		}},
		Locations: []v1alpha1.Location{{Name: "berlin"}},
	}}
}

// provider makes the first provider of a class a gateway, and changes it.
func provider(change func(*v1alpha1.PaymentProvider)) func(*v1alpha1.OrderClass) {
	return func(c *v1alpha1.OrderClass) {
		p := &c.Spec.Payment.Providers[0]
		p.Type, p.URL, p.SecretRef = v1alpha1.ProviderHTTP, "https://pay.example.com/v1", &v1alpha1.LocalReference{Name: "gateway"}
		change(p)
	}
}

// noAnswer is why the deadline of a question cannot ask it again.
const noAnswer = "onDeadline cannot be Ask: it says what happens without an answer"

func TestOrderClassWrites(t *testing.T) { checkWrites(t, validOrderClass, orderClassWrites) }

var orderClassWrites = map[string]orderClassWrite{
	"the base is accepted": {},
	"a class that decides nothing is the built-in policy": {
		create: func(c *v1alpha1.OrderClass) { c.Spec = v1alpha1.OrderClassSpec{} },
	},
	"a name of 63 characters is accepted": {
		create: func(c *v1alpha1.OrderClass) { c.Name = strings.Repeat("c", 63) },
	},
	"a name of 64 characters is refused": {
		create:  func(c *v1alpha1.OrderClass) { c.Name = strings.Repeat("c", 64) },
		refused: refusal{"metadata", "the name of an OrderClass has at most 63 characters; choose a shorter name"},
	},
	"two providers cannot share a name": {
		create:  func(c *v1alpha1.OrderClass) { c.Spec.Payment.Providers[1].Name = "card" },
		refused: refusal{"spec.payment.providers[1]", "Duplicate value"},
	},
	"a gateway takes cards": {
		create: provider(func(*v1alpha1.PaymentProvider) {}),
	},
	"Stripe needs no address": {
		create: provider(func(p *v1alpha1.PaymentProvider) { p.Type, p.URL = v1alpha1.ProviderStripe, "" }),
	},
	"Stripe may have one": {
		create: provider(func(p *v1alpha1.PaymentProvider) { p.Type = v1alpha1.ProviderStripe }),
	},
	"a gateway needs its address": {
		create:  provider(func(p *v1alpha1.PaymentProvider) { p.URL = "" }),
		refused: refusal{"spec.payment.providers[0].url", "a provider of type HTTP needs the address of its gateway"},
	},
	"an address without a scheme is refused": {
		create:  provider(func(p *v1alpha1.PaymentProvider) { p.URL = "pay.example.com" }),
		refused: refusal{"spec.payment.providers[0].url", "should match"},
	},
	"an address with a password is refused": {
		create:  provider(func(p *v1alpha1.PaymentProvider) { p.URL = "https://user:password@pay.example.com" }),
		refused: refusal{"spec.payment.providers[0].url", "should match"},
	},
	"a gateway needs its credentials": {
		create:  provider(func(p *v1alpha1.PaymentProvider) { p.SecretRef = nil }),
		refused: refusal{"spec.payment.providers[0].secretRef", "providers of type HTTP and Stripe, and only they, need a Secret with their credentials"},
	},
	"Stripe needs its credentials": {
		create:  provider(func(p *v1alpha1.PaymentProvider) { p.Type, p.SecretRef = v1alpha1.ProviderStripe, nil }),
		refused: refusal{"spec.payment.providers[0].secretRef", "providers of type HTTP and Stripe, and only they, need a Secret with their credentials"},
	},
	"cash needs no credentials": {
		create: func(c *v1alpha1.OrderClass) {
			c.Spec.Payment.Providers[1].SecretRef = &v1alpha1.LocalReference{Name: "gateway"}
		},
		refused: refusal{"spec.payment.providers[1].secretRef", "providers of type HTTP and Stripe, and only they, need a Secret with their credentials"},
	},
	"cash has no address": {
		create:  func(c *v1alpha1.OrderClass) { c.Spec.Payment.Providers[1].URL = "https://pay.example.com" },
		refused: refusal{"spec.payment.providers[1].url", "only providers of type HTTP and Stripe have an address"},
	},
	"a gateway takes wallets": {
		create: provider(func(p *v1alpha1.PaymentProvider) { p.Method = v1alpha1.PaymentOnline }),
	},
	"a gateway takes no transfers": {
		create:  provider(func(p *v1alpha1.PaymentProvider) { p.Method = v1alpha1.PaymentTransfer }),
		refused: refusal{"spec.payment.providers[0].method", "providers of type HTTP and Stripe take the methods Card and Online"},
	},
	"a key is remembered for a year": {
		create: provider(func(p *v1alpha1.PaymentProvider) { p.WindowHours = new(int32(8760)) }),
	},
	"a key is not remembered for longer": {
		create:  provider(func(p *v1alpha1.PaymentProvider) { p.WindowHours = new(int32(8761)) }),
		refused: refusal{"spec.payment.providers[0].windowHours", "should be less than or equal to 8760"},
	},
	"every policy can be edited": {
		update: func(c *v1alpha1.OrderClass) {
			c.Spec.Payment.Providers[0].Capture = v1alpha1.CaptureOnConfirm
			c.Spec.Warehouse.Type, c.Spec.Locations = v1alpha1.WarehouseSimulated, nil
			c.Spec.Shortage, c.Spec.Ask = v1alpha1.ShortageAsk, &v1alpha1.AskPolicy{DeadlineHours: 24}
			c.Spec.Allocation = &v1alpha1.AllocationPolicy{Mode: v1alpha1.AllocationAllOrNothing}
		},
	},
	"a shortage can be asked about for an hour": {
		create: ask(1, v1alpha1.ShortageBackorder),
	},
	"a shortage can be asked about for a year": {
		create: ask(8760, v1alpha1.ShortageShipAvailable),
	},
	"a shortage cannot be asked about for longer": {
		create:  ask(8761, v1alpha1.ShortageBackorder),
		refused: refusal{"spec.ask.deadlineHours", "should be less than or equal to 8760"},
	},
	"a shortage is asked about at least for an hour": {
		create:  ask(-1, v1alpha1.ShortageBackorder), // Go leaves 0 out; checkBounds writes it
		refused: refusal{"spec.ask.deadlineHours", "should be greater than or equal to 1"},
	},
	"the deadline can cancel the line": {
		create: ask(72, v1alpha1.ShortageCancelLine),
	},
	"the deadline can cancel the order": {
		create: ask(72, v1alpha1.ShortageCancelOrder),
	},
	"the deadline cannot ask again": {
		create:  ask(72, v1alpha1.ShortageAsk),
		refused: refusal{"spec.ask.onDeadline", noAnswer},
	},
	"an unknown policy for a shortage is refused": {
		create:  func(c *v1alpha1.OrderClass) { c.Spec.Shortage = "Substitute" },
		refused: refusal{"spec.shortage", "Unsupported value"},
	},
	"a hold can end by going on": {
		create: confirmation(func(c *v1alpha1.ConfirmationPolicy) { c.OnDeadline = v1alpha1.HoldProceed }),
	},
	"a hold cannot end in an unknown way": {
		create:  confirmation(func(c *v1alpha1.ConfirmationPolicy) { c.OnDeadline = "Forget" }),
		refused: refusal{"spec.confirmation.onDeadline", "Unsupported value"},
	},
	"orders can be compared for a minute": {
		create: confirmation(func(c *v1alpha1.ConfirmationPolicy) { c.DuplicateWindowMinutes = 1 }),
	},
	"orders can be compared for 30 days": {
		create: confirmation(func(c *v1alpha1.ConfirmationPolicy) { c.DuplicateWindowMinutes = 43200 }),
	},
	"orders cannot be compared for longer": {
		create:  confirmation(func(c *v1alpha1.ConfirmationPolicy) { c.DuplicateWindowMinutes = 43201 }),
		refused: refusal{"spec.confirmation.duplicateWindowMinutes", "should be less than or equal to 43200"},
	},
	"orders cannot be compared for less than nothing": {
		create:  confirmation(func(c *v1alpha1.ConfirmationPolicy) { c.DuplicateWindowMinutes = -1 }),
		refused: refusal{"spec.confirmation.duplicateWindowMinutes", "should be greater than or equal to 0"},
	},
	"no credit can be given": {
		create: func(c *v1alpha1.OrderClass) { c.Spec.CreditLimit = &v1alpha1.CreditLimit{Currency: "CNY"} },
	},
	"the largest amount can be given as credit": {
		create: func(c *v1alpha1.OrderClass) {
			c.Spec.CreditLimit = &v1alpha1.CreditLimit{Amount: v1alpha1.MaxAmount, Currency: "CNY"}
		},
	},
	"credit cannot be given without a currency": {
		create:  func(c *v1alpha1.OrderClass) { c.Spec.CreditLimit = &v1alpha1.CreditLimit{Amount: 1} },
		refused: refusal{"spec.creditLimit.currency", "should match"},
	},
	"less than no credit cannot be given": {
		create: func(c *v1alpha1.OrderClass) {
			c.Spec.CreditLimit = &v1alpha1.CreditLimit{Amount: -1, Currency: "CNY"}
		},
		refused: refusal{"spec.creditLimit.amount", "should be greater than or equal to 0"},
	},
	"an order can be served by a single Shipment": {
		create: allocation(func(a *v1alpha1.AllocationPolicy) { a.MaxSplits = ptr.To[int32](1) }),
	},
	"an order can be split into a hundred Shipments": {
		create: allocation(func(a *v1alpha1.AllocationPolicy) { a.MaxSplits = ptr.To[int32](100) }),
	},
	"an order cannot be served by no Shipment": {
		create:  allocation(func(a *v1alpha1.AllocationPolicy) { a.MaxSplits = ptr.To[int32](0) }),
		refused: refusal{"spec.allocation.maxSplits", "should be greater than or equal to 1"},
	},
	"an order cannot be split into more than a hundred": {
		create:  allocation(func(a *v1alpha1.AllocationPolicy) { a.MaxSplits = ptr.To[int32](101) }),
		refused: refusal{"spec.allocation.maxSplits", "should be less than or equal to 100"},
	},
	"an order can be protected at once": {
		create: allocation(func(a *v1alpha1.AllocationPolicy) { a.FenceAfterHours = ptr.To[int32](0) }),
	},
	"an order can be protected after a year": {
		create: allocation(func(a *v1alpha1.AllocationPolicy) { a.FenceAfterHours = ptr.To[int32](8760) }),
	},
	"an order cannot be protected before it is confirmed": {
		create:  allocation(func(a *v1alpha1.AllocationPolicy) { a.FenceAfterHours = ptr.To[int32](-1) }),
		refused: refusal{"spec.allocation.fenceAfterHours", "should be greater than or equal to 0"},
	},
	"an order cannot be protected later than after a year": {
		create:  allocation(func(a *v1alpha1.AllocationPolicy) { a.FenceAfterHours = ptr.To[int32](8761) }),
		refused: refusal{"spec.allocation.fenceAfterHours", "should be less than or equal to 8760"},
	},
	"all rules can decide, in any order": {
		create: allocation(func(a *v1alpha1.AllocationPolicy) {
			a.Rules = []v1alpha1.AllocationRule{
				v1alpha1.RulePriority, v1alpha1.RuleNearest, v1alpha1.RuleHighestStock, v1alpha1.RuleMinimizeSplits,
			}
		}),
	},
	"a rule cannot decide twice": {
		create: allocation(func(a *v1alpha1.AllocationPolicy) {
			a.Rules = []v1alpha1.AllocationRule{v1alpha1.RuleNearest, v1alpha1.RuleNearest}
		}),
		refused: refusal{"spec.allocation.rules[1]", "Duplicate value"},
	},
	"an unknown rule is refused": {
		create:  allocation(func(a *v1alpha1.AllocationPolicy) { a.Rules = []v1alpha1.AllocationRule{"Cheapest"} }),
		refused: refusal{"spec.allocation.rules[0]", "Unsupported value"},
	},
	"an unknown mode is refused": {
		create:  allocation(func(a *v1alpha1.AllocationPolicy) { a.Mode = "Most" }),
		refused: refusal{"spec.allocation.mode", "Unsupported value"},
	},
}

// ask is a class that asks about a shortage.
func ask(hours int32, otherwise v1alpha1.ShortagePolicy) func(*v1alpha1.OrderClass) {
	return func(c *v1alpha1.OrderClass) {
		c.Spec.Shortage = v1alpha1.ShortageAsk
		c.Spec.Ask = &v1alpha1.AskPolicy{DeadlineHours: hours, OnDeadline: otherwise}
	}
}

// confirmation is a class with these checks.
func confirmation(change func(*v1alpha1.ConfirmationPolicy)) func(*v1alpha1.OrderClass) {
	return func(c *v1alpha1.OrderClass) {
		c.Spec.Confirmation = &v1alpha1.ConfirmationPolicy{}
		change(c.Spec.Confirmation)
	}
}

// allocation is a class with this allocation.
func allocation(change func(*v1alpha1.AllocationPolicy)) func(*v1alpha1.OrderClass) {
	return func(c *v1alpha1.OrderClass) {
		c.Spec.Allocation = &v1alpha1.AllocationPolicy{}
		change(c.Spec.Allocation)
	}
}

func TestOrderClassDefaults(t *testing.T) {
	c := &v1alpha1.OrderClass{}
	c.Namespace, c.Name = newNamespace(t), "defaults"
	c.Spec.Confirmation, c.Spec.Returns = &v1alpha1.ConfirmationPolicy{}, &v1alpha1.ReturnPolicy{}
	c.Spec.Ask, c.Spec.Allocation = &v1alpha1.AskPolicy{}, &v1alpha1.AllocationPolicy{}
	c.Spec.Payment = validOrderClass().Spec.Payment
	c.Spec.Locations = validOrderClass().Spec.Locations
	create(t.Context(), t, c)

	want := v1alpha1.OrderClassSpec{
		Confirmation: &v1alpha1.ConfirmationPolicy{HoldDeadlineHours: 72, OnDeadline: v1alpha1.HoldCancel},
		Payment:      validOrderClass().Spec.Payment,
		Shortage:     v1alpha1.ShortageBackorder,
		Ask:          &v1alpha1.AskPolicy{DeadlineHours: 72, OnDeadline: v1alpha1.ShortageBackorder},
		Allocation:   &v1alpha1.AllocationPolicy{Mode: v1alpha1.AllocationSplit, FenceAfterHours: ptr.To[int32](24)},
		Warehouse:    v1alpha1.WarehousePolicy{Type: v1alpha1.WarehouseManual, StepSeconds: ptr.To[int32](1)},
		Carrier:      v1alpha1.CarrierPolicy{Type: v1alpha1.CarrierManual, StepSeconds: ptr.To[int32](1)},
		Returns:      &v1alpha1.ReturnPolicy{WindowDays: ptr.To[int32](14)},
		Locations:    []v1alpha1.Location{{Name: "berlin", Priority: ptr.To[int32](100)}},
	}
	for i := range want.Payment.Providers {
		want.Payment.Providers[i].Capture = v1alpha1.CaptureOnDispatch
	}
	mustEqual(t, "spec", c.Spec, want)
}
