package testenv

import (
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// OrderBuilder makes Orders for tests: MakeOrder("a").Line("sku", 2).Obj().
type OrderBuilder struct{ o v1.Order }

// MakeOrder begins an Order that passes every check: a full address, cash on
// delivery, prices of 10.00.
func MakeOrder(namespace, name string) *OrderBuilder {
	b := &OrderBuilder{}
	b.o.Namespace, b.o.Name = namespace, name
	b.o.Spec = v1.OrderSpec{
		Customer: v1.Customer{ID: "c-1", Name: "Ann Example"},
		ShipTo:   v1.Address{Name: "Ann Example", Lines: []string{"1 High Street"}, City: "Shanghai", Country: "CN"},
		Currency: "CNY",
		Payment:  v1.OrderPayment{Method: v1.PaymentCash},
	}
	return b
}

// Line adds a line with the next id, at 10.00 a unit.
func (b *OrderBuilder) Line(sku v1.SKU, quantity v1.Quantity) *OrderBuilder {
	id := v1.Identifier(strconv.Itoa(len(b.o.Spec.Lines) + 1))
	b.o.Spec.Lines = append(b.o.Spec.Lines, v1.OrderLine{ID: id, SKU: sku, Quantity: quantity, UnitPrice: 1000})
	return b
}

// Pay sets the method of payment.
func (b *OrderBuilder) Pay(method v1.PaymentMethod) *OrderBuilder {
	b.o.Spec.Payment.Method = method
	return b
}

// Token names the Secret of the payment token.
func (b *OrderBuilder) Token(secret v1.ObjectName) *OrderBuilder {
	b.o.Spec.Payment.TokenSecretRef = &v1.LocalReference{Name: secret}
	return b
}

// Ref sets channel and externalRef.
func (b *OrderBuilder) Ref(channel v1.Identifier, ref string) *OrderBuilder {
	b.o.Spec.Channel, b.o.Spec.ExternalRef = channel, ref
	return b
}

// Change edits the Order.
func (b *OrderBuilder) Change(f func(*v1.Order)) *OrderBuilder {
	f(&b.o)
	return b
}

// Obj is the Order.
func (b *OrderBuilder) Obj() *v1.Order { return b.o.DeepCopy() }

// MakeStock makes a StockItem that was counted a day ago.
func MakeStock(namespace, name string, sku v1.SKU, quantity v1.Quantity) *v1.StockItem {
	return &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1.StockItemSpec{
			SKU: sku, Location: "main",
			Count: &v1.StockCount{Quantity: quantity, ID: "count-1", TakenAt: Seconds(time.Now().Add(-24 * time.Hour))},
		},
	}
}

// MakeClass makes an OrderClass whose orders run by themselves: simulated
// warehouse, carrier and payment without delays, and no return window.
func MakeClass(namespace, name string) *v1.OrderClass {
	return &v1.OrderClass{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: map[string]string{v1.DefaultClassAnnotation: "true"}},
		Spec: v1.OrderClassSpec{
			Payment: &v1.PaymentPolicy{Providers: []v1.PaymentProvider{
				{Name: "card", Method: v1.PaymentCard, Type: v1.ProviderSimulated, Capture: v1.CaptureOnDispatch},
				{Name: "online", Method: v1.PaymentOnline, Type: v1.ProviderSimulated, Capture: v1.CaptureOnConfirm},
				{Name: "cod", Method: v1.PaymentCash, Type: v1.ProviderCash, Capture: v1.CaptureOnDelivery},
			}},
			Warehouse: v1.WarehousePolicy{Type: v1.WarehouseSimulated, StepSeconds: new(int32(0))},
			Carrier:   v1.CarrierPolicy{Type: v1.CarrierSimulated, StepSeconds: new(int32(0))},
			Returns:   &v1.ReturnPolicy{WindowDays: new(int32(0))},
		},
	}
}

// MakePartner makes a carrier whose scans are simulated, with trucks from main over a hub
// to every door in China.
func MakePartner(namespace, name string) *v1.Partner {
	lane := func(id, from v1.Identifier, to v1.LaneEnd) v1.Lane {
		return v1.Lane{
			ID: id, Mode: v1.ModeLand, From: from, To: to, TransitHours: v1.TransitHours{P50: 8, P90: 12},
			Cost: v1.LaneCost{Currency: "CNY", Fixed: 150},
		}
	}
	return &v1.Partner{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1.PartnerSpec{
			Lanes: []v1.Lane{
				lane("out", "main", v1.LaneEnd{Place: "hub"}), lane("door", "hub", v1.LaneEnd{Area: &v1.Area{Country: "CN"}}),
			},
			Adapter: v1.PartnerAdapter{Type: v1.AdapterSimulated, StepSeconds: new(int32(0))},
		},
	}
}

// ByPartners lets a class have its orders delivered by Partners, and promises it in days.
func ByPartners(c *v1.OrderClass) *v1.OrderClass {
	c.Spec.Carrier = v1.CarrierPolicy{Type: v1.CarrierPartner}
	c.Spec.Delivery = &v1.DeliveryPolicy{Levels: []v1.DeliveryLevel{{Name: v1.ServiceStandard, MaxHours: 72}}}
	return c
}

// AtGateway lets a gateway at an address take what the simulated provider took in a
// class, with the credentials of MakeCredentials.
func AtGateway(c *v1.OrderClass, url string) {
	for i := range c.Spec.Payment.Providers {
		if p := &c.Spec.Payment.Providers[i]; p.Type == v1.ProviderSimulated {
			p.Type, p.URL, p.SecretRef = v1.ProviderHTTP, url, &v1.LocalReference{Name: "gateway"}
		}
	}
}

// AtDesk lets the transports of a Partner be booked at an address, with the credentials
// of MakeCarrierCredentials.
func AtDesk(p *v1.Partner, url string) *v1.Partner {
	p.Spec.Adapter = v1.PartnerAdapter{Type: v1.AdapterHTTP, URL: url, SecretRef: &v1.LocalReference{Name: v1.ObjectName(p.Name)}}
	return p
}

// MakeCarrierCredentials makes the Secret of a Partner.
func MakeCarrierCredentials(p *v1.Partner, apiKey, webhookSecret string) *corev1.Secret {
	return credentials(p.Namespace, p.Name, apiKey, webhookSecret)
}

// MakeCredentials makes the Secret of the gateway of a namespace.
func MakeCredentials(namespace, apiKey, webhookSecret string) *corev1.Secret {
	return credentials(namespace, "gateway", apiKey, webhookSecret)
}

func credentials(namespace, name, apiKey, webhookSecret string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: ManagerNamespace, Name: namespace + "." + name},
		StringData: map[string]string{v1.ProviderAPIKey: apiKey, v1.ProviderWebhookSecret: webhookSecret},
	}
}

// MakeToken makes a Secret with a customer's payment token.
func MakeToken(namespace, name, token string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Type: v1.PaymentTokenSecretType,
		StringData: map[string]string{v1.PaymentTokenKey: token},
	}
}

// Manual makes the warehouse and the carrier of a class wait for facts.
func Manual(c *v1.OrderClass) *v1.OrderClass {
	c.Spec.Warehouse.Type, c.Spec.Carrier.Type = v1.WarehouseManual, v1.CarrierManual
	return c
}

// Seconds is a time in the precision of the API.
func Seconds(t time.Time) metav1.Time { return metav1.NewTime(t).Rfc3339Copy() }
