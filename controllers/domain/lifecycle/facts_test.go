package lifecycle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestRepeats(t *testing.T) {
	made := func(name string, minute int, changes ...func(*v1.Order)) *v1.Order {
		o := &v1.Order{}
		o.Name, o.UID, o.CreationTimestamp = name, types.UID("uid-"+name), metav1.NewTime(noon.Add(time.Duration(minute)*time.Minute))
		o.Spec.Channel, o.Spec.ExternalRef = "web", "100045"
		for _, c := range changes {
			c(o)
		}
		return o
	}
	confirmed := func(o *v1.Order) { o.Status.ConfirmedAt = &metav1.MicroTime{Time: noon} }
	ended := func(o *v1.Order) {
		o.Status.Conditions = []metav1.Condition{{Type: v1.ConditionCompleted, Status: metav1.ConditionTrue}}
	}
	ref := func(r string) func(*v1.Order) { return func(o *v1.Order) { o.Spec.ExternalRef = r } }
	for name, test := range map[string]struct {
		order, rival *v1.Order
		want         bool
	}{
		"an older order is the original":              {made("b", 1), made("a", 0), true},
		"a younger one is not":                        {made("b", 1), made("a", 2), false},
		"of two of the same moment the name decides":  {made("b", 1), made("a", 1), true},
		"the first by name repeats nobody":            {made("a", 1), made("b", 1), false},
		"one that was confirmed is the original":      {made("b", 1), made("a", 2, confirmed), true},
		"also after its end":                          {made("b", 1), made("a", 2, confirmed, ended), true},
		"one that was rejected is nobody's original":  {made("b", 1), made("a", 0, ended), false},
		"another reference":                           {made("b", 1), made("a", 0, ref("100046")), false},
		"another channel":                             {made("b", 1), made("a", 0, func(o *v1.Order) { o.Spec.Channel = "phone" }), false},
		"an order does not repeat itself":             {made("a", 1), made("a", 0), false},
		"an order without a reference repeats nobody": {made("b", 1, ref("")), made("a", 0, ref("")), false},
	} {
		if got := Repeats(test.order, test.rival); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNeedsTokenAndChosen(t *testing.T) {
	for name, test := range map[string]struct {
		class    *v1.OrderClass
		method   v1.PaymentMethod
		named    v1.Identifier
		provider v1.Identifier
		token    bool
	}{
		"a card":                        {class(v1.CaptureOnDispatch), v1.PaymentCard, "", "card", true},
		"cash":                          {class(v1.CaptureOnDispatch), v1.PaymentCash, "", "cash", false},
		"a provider by name":            {class(v1.CaptureOnDispatch), v1.PaymentOnline, "wallet", "wallet", true},
		"a name of another method":      {class(v1.CaptureOnDispatch), v1.PaymentOnline, "card", "", false},
		"a method that the class lacks": {class(v1.CaptureOnDispatch), v1.PaymentTransfer, "", "", false},
		"a card without a class":        {nil, v1.PaymentCard, "", "", false},
		"a transfer without a class":    {nil, v1.PaymentTransfer, "", "transfer", false},
		"a class without providers":     {&v1.OrderClass{}, v1.PaymentCash, "", "cash", false},
	} {
		s := newShop(t, test.class, test.method, 1)
		s.order().Spec.Payment.Provider = test.named
		var got v1.Identifier
		if _, provider := Chosen(&s.facts); provider != nil {
			got = provider.Name
		}
		if got != test.provider {
			t.Errorf("%s: provider %q, want %q", name, got, test.provider)
		}
		if got := NeedsToken(&s.facts); got != test.token {
			t.Errorf("%s: needs a token: %v", name, got)
		}
	}
}

func TestWaitsForStock(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*shop)
		want   bool
	}{
		"a confirmed order with units in no Shipment": {func(*shop) {}, true},
		"not before the confirmation":                 {func(s *shop) { s.order().Status.ConfirmedAt = nil }, false},
		"not one that is paused":                      {pause, false},
		"not one that is cancelled":                   {cancel, false},
		"not one that is deleted":                     {(*shop).remove, false},
		"not one whose quantities are all 0": {
			all(lower(0), func(s *shop) { s.edit(func(o *v1.OrderSpec) { o.Lines[1].Quantity = 0 }) }), false,
		},
		"while its Shipment is only planned":                                    {func(s *shop) { s.ship(2, 1); s.settle() }, true},
		"not when all is reserved":                                              {func(s *shop) { s.ship(2, 1); s.reserve(1); s.settle() }, false},
		"not before a smaller quantity has been seen":                           {lower(1), false},
		"once it has been seen":                                                 {all(lower(1), (*shop).settle), true},
		"not while a Shipment that holds too much of a line is being cancelled": {all(parcel(2, (*shop).reserve), lower(1), (*shop).settle), false},
		"once it was cancelled": {
			all(parcel(2, (*shop).reserve), lower(1), (*shop).settle, func(s *shop) { s.drop(1); s.settle() }), true,
		},
		"though more of a line is being picked than it was lowered to": {all(parcel(2, (*shop).reserve, (*shop).pick), lower(1), (*shop).settle), true},
	} {
		s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2, 1)
		s.settle()
		test.change(s)
		if got := WaitsForStock(s.order()); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The policy of the class is copied at the confirmation: an edit of the class
// touches later orders only.
func TestThePolicyIsFrozen(t *testing.T) {
	c := class(v1.CaptureOnDispatch)
	c.Spec.Warehouse = v1.WarehousePolicy{Type: v1.WarehouseSimulated, StepSeconds: new(int32(7))}
	c.Spec.Carrier = v1.CarrierPolicy{Type: v1.CarrierSimulated}
	c.Spec.Shortage = v1.ShortageBackorder
	s := newShop(t, c, v1.PaymentCard, 1)
	s.settle()
	want := &v1.PolicySnapshot{
		ClassName: "retail", ClassUID: "uid-retail", ClassGeneration: 3,
		Provider:  v1.PaymentProvider{Name: "card", Method: v1.PaymentCard, Type: v1.ProviderSimulated, Capture: v1.CaptureOnDispatch, FeeBps: 100},
		Shortage:  v1.ShortageBackorder,
		Warehouse: v1.WarehousePolicy{Type: v1.WarehouseSimulated, StepSeconds: new(int32(7))}, Carrier: v1.CarrierPolicy{Type: v1.CarrierSimulated},
		ReturnWindowDays: 2,
	}
	if diff := cmp.Diff(want, s.order().Status.Policy); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	c.Spec.Payment.Providers[0].Capture = v1.CaptureOnConfirm
	*c.Spec.Returns.WindowDays, *c.Spec.Warehouse.StepSeconds = 99, 99
	c.Generation++
	s.settle()
	if diff := cmp.Diff(want, s.order().Status.Policy); diff != "" {
		t.Errorf("after an edit of the class (-want +got):\n%s", diff)
	}
	if s.hasCall(v1.OperationCapture) {
		t.Error("the new moment of capture applies to an old order")
	}

	built := newShop(t, nil, v1.PaymentCash, 1)
	built.order().Spec.ShortagePolicy = v1.ShortageBackorder
	built.settle()
	want = &v1.PolicySnapshot{
		Provider: v1.PaymentProvider{Name: "cash", Method: v1.PaymentCash, Type: v1.ProviderCash, Capture: v1.CaptureOnDelivery},
		Shortage: v1.ShortageBackorder, Warehouse: v1.WarehousePolicy{Type: v1.WarehouseManual}, Carrier: v1.CarrierPolicy{Type: v1.CarrierManual},
		ReturnWindowDays: 14,
	}
	if diff := cmp.Diff(want, built.order().Status.Policy); diff != "" {
		t.Errorf("without a class (-want +got):\n%s", diff)
	}
}

// An order is Backordered when nothing more happens by itself: no unit is
// promised, and no product that it waits for is in stock.
func TestBackorderedOrNot(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*shop)
		want   v1.OrderPhase
	}{
		"nothing is in stock":             {func(*shop) {}, v1.OrderBackordered},
		"one of two products is in stock": {func(s *shop) { s.stock(2, 1) }, v1.OrderConfirmed},
		"less than is wanted is in stock": {func(s *shop) { s.stock(1, 1) }, v1.OrderConfirmed},
		"a product was not counted yet":   {func(s *shop) { s.facts.Stock["tea-1"] = Stock{Pending: true} }, v1.OrderConfirmed},
		"a part is planned":               {func(s *shop) { s.ship(1) }, v1.OrderConfirmed},
		"a part is promised for a Shipment that is not there yet": {
			func(s *shop) { s.facts.Intended = map[v1.Identifier]v1.Quantity{"1": 1} }, v1.OrderConfirmed,
		},
		"a part is reserved":                       {parcel(1, (*shop).reserve), v1.OrderProcessing},
		"a part has left and the rest is in stock": {all(parcel(1, (*shop).reserve, (*shop).dispatch), func(s *shop) { s.stock(1, 5) }), v1.OrderProcessing},
		"a part has left and the rest is not":      {parcel(1, (*shop).reserve, (*shop).dispatch), v1.OrderBackordered},
	} {
		s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2, 1)
		s.settle()
		test.change(s)
		s.settle()
		if got := s.order().Status.Phase; got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestDeadlineOfOneThatWaits(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*shop)
		want   time.Duration
	}{
		"for stock that others may take": {func(s *shop) { s.stock(1, 1) }, allocatorTurn},
		"for stock that is not there":    {func(*shop) {}, 0},
		"for its hold to end":            {func(s *shop) { s.order().Spec.ShipTo.City = "" }, 72 * time.Hour},
		"for its token":                  {func(s *shop) { s.facts.TokenProblem = "no Secret" }, tokenTurn},
		"for its return window":          {all((*shop).settle, parcel(2, (*shop).reserve, (*shop).dispatch, (*shop).deliver)), 48 * time.Hour},
		"for a promise whose Shipment is not there yet": {
			all((*shop).settle, func(s *shop) { s.facts.Intended = map[v1.Identifier]v1.Quantity{"1": 2} }), allocatorTurn,
		},
		"for the carrier": {all((*shop).settle, parcel(2, (*shop).reserve, (*shop).dispatch)), 0},
	} {
		s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
		test.change(s)
		s.settle()
		var want time.Time
		if test.want > 0 {
			want = s.now.Add(test.want)
		}
		if got := Deadline(&s.facts, s.now); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestLinesAndItems(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 5, 2)
	s.settle()
	s.ship(1, 1)
	s.ship(2)
	s.ship(1, 1)
	s.reserve(1)
	s.reserve(2)
	s.pick(2)
	s.dispatch(1)
	s.deliver(1)
	s.settle()
	st := s.order().Status
	want := []v1.OrderLineStatus{
		{ID: "1", Ordered: 5, Reserved: 2, Backordered: 2, Picked: 3, Packed: 1, Dispatched: 1, Delivered: 1, Net: 5000, UnitCost: 600},
		{ID: "2", Ordered: 2, Backordered: 1, Picked: 1, Packed: 1, Dispatched: 1, Delivered: 1, Net: 2000, UnitCost: 600},
	}
	if diff := cmp.Diff(want, st.Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&v1.ItemSums{Ordered: 7, Dispatched: 2, Shipped: "2/7"}, st.Items); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	shipments := []v1.OrderShipment{{Name: "order-s1", Phase: v1.ShipmentDelivered}, {Name: "order-s2", Phase: v1.ShipmentPicking}}
	if diff := cmp.Diff(shipments, st.Shipments); diff != "" {
		t.Errorf("shipments (-want +got):\n%s", diff)
	}
	// A line is delivered when all of it is, at the time of its last unit.
	lower(3)(s)
	s.edit(func(o *v1.OrderSpec) { o.Lines[1].Quantity = 1 })
	s.now = s.now.Add(time.Hour)
	s.dispatch(2)
	s.deliver(2)
	s.drop(3)
	s.settle()
	if got := s.order().Status.Lines; !got[0].DeliveredAt.Equal(ptr(s.now)) || !got[1].DeliveredAt.Equal(ptr(s.now.Add(-time.Hour))) {
		t.Errorf("delivered at %v and %v", got[0].DeliveredAt, got[1].DeliveredAt)
	}
}

func TestSettlement(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 3)
	s.settle()
	parcel(2, (*shop).reserve, (*shop).dispatch, (*shop).deliver)(s)
	s.shipment(1).Spec.ActualFreight = new(v1.Amount(150))
	if s.order().Status.Settlement != nil {
		t.Error("settled while a unit is still to come")
	}
	lower(2)(s)
	s.settle()
	// 1 % of 20.00 is the provider's.
	want := &v1.Settlement{Revenue: 2000, GoodsCost: 1200, Freight: 150, Fees: 20, Profit: 630, MarginBps: new(int64(3150))}
	if diff := cmp.Diff(want, s.order().Status.Settlement); diff != "" {
		t.Errorf("settlement of a delivered order (-want +got):\n%s", diff)
	}
	s.now = s.now.Add(48 * time.Hour)
	s.settle()
	if diff := cmp.Diff(want, s.order().Status.Settlement); diff != "" {
		t.Errorf("settlement of a completed order (-want +got):\n%s", diff)
	}
}

// What does not agree is shown while the goods can still be returned.
func TestSettlementShowsDiscrepancies(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 3)
	s.settle()
	parcel(3, (*shop).reserve, (*shop).dispatch, (*shop).deliver)(s)
	s.settle()
	capture := &s.order().Status.Payment.Operations[1]
	capture.Asked, capture.Amount = new(capture.Amount), capture.Amount+7
	s.order().Spec.Payment.Refunded = []v1.ReceivedPayment{{ID: "r", Amount: 99999}}
	s.settle()
	want := []v1.Discrepancy{
		{Kind: v1.DiscrepancyUnderCaptured, Amount: int64(s.order().Status.Amounts.Due)},
		{Kind: v1.DiscrepancyOtherAmount, Amount: 7},
		{Kind: v1.DiscrepancyUnmatchedCash, Amount: 99999 - 3007},
		{Kind: v1.DiscrepancyFreightUnknown, Amount: 1},
	}
	if diff := cmp.Diff(want, s.order().Status.Settlement.Discrepancies); diff != "" {
		t.Errorf("discrepancies (-want +got):\n%s", diff)
	}
}

func TestNotes(t *testing.T) {
	note := func(warning bool, reason string) Note { return Note{Warning: warning, Reason: reason} }
	for name, test := range map[string]struct {
		change func(*shop)
		want   []Note
	}{
		"an order that waits for stock": {func(*shop) {}, []Note{note(false, v1.ReasonAwaitingStock)}},
		"an order that goes on":         {func(s *shop) { s.stock(1, 9) }, nil},
		"an order that is held":         {func(s *shop) { s.order().Spec.ShipTo.City = "" }, []Note{note(true, v1.ReasonAddressIncomplete)}},
		"an order that is rejected":     {func(s *shop) { s.facts.Original = "a" }, []Note{note(true, v1.ReasonDuplicate)}},
		"an order that was cancelled":   {cancel, []Note{note(false, v1.ReasonCancelled)}},
		"a cancel that came too late":   {all((*shop).settle, parcel(2, (*shop).reserve, (*shop).dispatch), cancel), []Note{note(true, v1.ReasonAlreadyDispatched)}},
		"a parcel that was lost":        {all((*shop).settle, parcel(2, (*shop).reserve, (*shop).dispatch), func(s *shop) { s.shipment(1).Status.Phase = v1.ShipmentLost }), []Note{note(true, v1.ReasonDeliveryFailed)}},
		"units that are being picked":   {all((*shop).settle, parcel(2, (*shop).reserve, (*shop).pick), lower(1)), []Note{note(true, v1.ReasonBeingPicked)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
			test.change(s)
			before := s.order().Status.DeepCopy()
			s.settle()
			after := &s.order().Status
			got := Notes(before, after)
			for i := range got {
				if got[i].Message == "" {
					t.Errorf("%s says nothing", got[i].Reason)
				}
				got[i].Message = ""
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			if again := Notes(after, after); again != nil {
				t.Errorf("told twice: %v", again)
			}
		})
	}
}

func TestAllowed(t *testing.T) {
	for name, test := range map[string]struct {
		from, to v1.OrderPhase
		want     bool
	}{
		"a new order may be in any phase": {"", v1.OrderCancelled, true},
		"a phase may stay":                {v1.OrderCompleted, v1.OrderCompleted, true},
		"forward":                         {v1.OrderProcessing, v1.OrderShipped, true},
		"skipping":                        {v1.OrderConfirmed, v1.OrderDelivered, true},
		"a correction":                    {v1.OrderDelivered, v1.OrderShipped, true},
		"back before the confirmation":    {v1.OrderConfirmed, v1.OrderOnHold, false},
		"out of the end":                  {v1.OrderCancelled, v1.OrderReceived, false},
		"cancelled after it was shipped":  {v1.OrderShipped, v1.OrderCancelled, false},
		"from a phase that is unknown":    {"Unheard-of", v1.OrderReceived, false},
	} {
		if got := Allowed(test.from, test.to); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if Final("Unheard-of") {
		t.Error("an unknown phase is final")
	}
}
