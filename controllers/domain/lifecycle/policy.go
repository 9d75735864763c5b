package lifecycle

import (
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Built-in policy of an order without a class.
const (
	defaultReturnWindowDays  = 14
	defaultHoldDeadlineHours = 72
)

// builtinProviders take recorded money only: cash when the goods are delivered,
// transfers before the order is confirmed.
var builtinProviders = []v1.PaymentProvider{
	{Name: "cash", Method: v1.PaymentCash, Type: v1.ProviderCash, Capture: v1.CaptureOnDelivery},
	{Name: "transfer", Method: v1.PaymentTransfer, Type: v1.ProviderCash, Capture: v1.CaptureOnConfirm},
}

// policy is what the class, or without one the built-ins, say of this order;
// once it is confirmed, what they said then. provider is nil if none fits.
func policy(f *Facts) (p v1.PolicySnapshot, provider *v1.PaymentProvider) {
	if s := f.Order.Status.Policy; s != nil {
		return *s, &s.Provider
	}
	p = v1.PolicySnapshot{
		Shortage:         v1.ShortageBackorder,
		Warehouse:        v1.WarehousePolicy{Type: v1.WarehouseManual},
		Carrier:          v1.CarrierPolicy{Type: v1.CarrierManual},
		ReturnWindowDays: defaultReturnWindowDays,
	}
	providers := builtinProviders
	if c := f.Class; c != nil {
		p.ClassName, p.ClassUID, p.ClassGeneration = v1.ObjectName(c.Name), v1.UID(c.UID), c.Generation
		p.Warehouse, p.Carrier = c.Spec.Warehouse, c.Spec.Carrier
		p.Ask, p.Allocation = c.Spec.Ask, c.Spec.Allocation
		if c.Spec.Shortage != "" {
			p.Shortage = c.Spec.Shortage
		}
		p.Delivery = level(c, f.Order.Spec.ServiceLevel)
		if r := c.Spec.Returns; r != nil && r.WindowDays != nil {
			p.ReturnWindowDays = *r.WindowDays
		}
		if c.Spec.Payment != nil && len(c.Spec.Payment.Providers) > 0 {
			providers = c.Spec.Payment.Providers
		}
	}
	if s := f.Order.Spec.ShortagePolicy; s != "" {
		p.Shortage = s
	}
	want := f.Order.Spec.Payment
	for i := range providers {
		if c := &providers[i]; c.Method == want.Method && (want.Provider == "" || want.Provider == c.Name) {
			p.Provider = *c
			return p, &p.Provider
		}
	}
	return p, nil
}

// level is what the class promises for a service level, nil for nothing.
func level(c *v1.OrderClass, name v1.ServiceLevel) *v1.DeliveryLevel {
	if c.Spec.Delivery == nil {
		return nil
	}
	for i := range c.Spec.Delivery.Levels {
		if l := &c.Spec.Delivery.Levels[i]; l.Name == name {
			return l
		}
	}
	return nil
}

func holdLimit(f *Facts) time.Duration {
	hours := int32(defaultHoldDeadlineHours)
	if c := f.Class; c != nil && c.Spec.Confirmation != nil && c.Spec.Confirmation.HoldDeadlineHours > 0 {
		hours = c.Spec.Confirmation.HoldDeadlineHours
	}
	return time.Duration(hours) * time.Hour
}

// proceeds says whether the class lets an order go on when its hold ends.
func proceeds(f *Facts) bool {
	c := f.Class
	return c != nil && c.Spec.Confirmation != nil && c.Spec.Confirmation.OnDeadline == v1.HoldProceed
}

func approveFrom(f *Facts) *v1.Amount {
	if c := f.Class; c != nil && c.Spec.Confirmation != nil {
		return c.Spec.Confirmation.AutoApproveBelow
	}
	return nil
}
