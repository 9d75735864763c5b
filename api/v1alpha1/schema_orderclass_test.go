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
	"every policy can be edited": {
		update: func(c *v1alpha1.OrderClass) {
			c.Spec.Payment.Providers[0].Capture = v1alpha1.CaptureOnConfirm
			c.Spec.Warehouse.Type, c.Spec.Locations = v1alpha1.WarehouseSimulated, nil
		},
	},
}

func TestOrderClassDefaults(t *testing.T) {
	c := &v1alpha1.OrderClass{}
	c.Namespace, c.Name = newNamespace(t), "defaults"
	c.Spec.Confirmation, c.Spec.Returns = &v1alpha1.ConfirmationPolicy{}, &v1alpha1.ReturnPolicy{}
	c.Spec.Payment = validOrderClass().Spec.Payment
	c.Spec.Locations = validOrderClass().Spec.Locations
	create(t.Context(), t, c)

	want := v1alpha1.OrderClassSpec{
		Confirmation: &v1alpha1.ConfirmationPolicy{HoldDeadlineHours: 72},
		Payment:      validOrderClass().Spec.Payment,
		Shortage:     v1alpha1.ShortageBackorder,
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
