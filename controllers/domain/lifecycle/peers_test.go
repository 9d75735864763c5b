package lifecycle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// comparing is a class that gives credit of 50.00 CNY, and suspects orders that
// look like one of the last 10 minutes.
func comparing() *v1.OrderClass {
	c := class(v1.CaptureOnDispatch)
	c.Spec.CreditLimit = &v1.CreditLimit{Amount: 5000, Currency: "CNY"}
	c.Spec.Confirmation = &v1.ConfirmationPolicy{DuplicateWindowMinutes: 10}
	return c
}

// peer is an Order like that of a shop, placed so much later, with changes.
func peer(s *shop, name string, later time.Duration, changes ...func(*v1.Order)) Peer {
	o := s.order().DeepCopy()
	o.Name, o.UID = name, types.UID("uid-"+name)
	o.CreationTimestamp = metav1.NewTime(o.CreationTimestamp.Add(later))
	for _, change := range changes {
		change(o)
	}
	return Peer{o, s.facts.Class}
}

func confirmed(o *v1.Order) {
	o.Status.ConfirmedAt = &metav1.MicroTime{Time: noon}
	o.Status.Amounts = &v1.OrderAmounts{Total: 2000, Due: 1200}
	o.Status.Policy = &v1.PolicySnapshot{Provider: v1.PaymentProvider{Name: "cash", Method: v1.PaymentCash, Type: v1.ProviderCash, Capture: v1.CaptureOnDelivery}}
}

func endedFor(reason string) func(*v1.Order) {
	return func(o *v1.Order) {
		o.Status.Conditions = []metav1.Condition{{Type: v1.ConditionCompleted, Status: metav1.ConditionTrue, Reason: reason}}
	}
}

func received(amount int64) func(*v1.Order) {
	return func(o *v1.Order) { o.Spec.Payment.Received = []v1.ReceivedPayment{{ID: "r", Amount: amount}} }
}

func paidBy(method v1.PaymentMethod) func(*v1.Order) {
	return func(o *v1.Order) { o.Spec.Payment.Method = method }
}

func called(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{} }

func TestExposure(t *testing.T) {
	s := newShop(t, comparing(), v1.PaymentCash, 2)
	const sooner, later = -time.Hour, time.Hour
	prepaid := func(o *v1.Order) {
		confirmed(o)
		o.Status.Policy.Provider.Capture = v1.CaptureOnConfirm
	}
	authorized := func(o *v1.Order) {
		o.Status.Payment = &v1.PaymentStatus{Operations: []v1.PaymentOperation{{ID: "a", Kind: v1.OperationAuthorize, Amount: 700, State: v1.OperationSucceeded}}}
	}
	for name, test := range map[string]struct {
		others []Peer
		want   v1.Amount
	}{
		"a customer without other orders":                     {nil, 0},
		"an earlier order counts by its total":                {[]Peer{peer(s, "a", sooner)}, 2000},
		"a later one does not":                                {[]Peer{peer(s, "a", later)}, 0},
		"of two of one second the name decides, for this one": {[]Peer{peer(s, "p", 0)}, 0},
		"of two of one second the name decides, against it":   {[]Peer{peer(s, "a", 0)}, 2000},
		"a later one that was confirmed counts by what is due": {
			[]Peer{peer(s, "a", later, confirmed)}, 1200,
		},
		"what was paid is not owed":                   {[]Peer{peer(s, "a", sooner, received(500))}, 1500},
		"what was authorised is not owed":             {[]Peer{peer(s, "a", sooner, confirmed, authorized)}, 500},
		"who paid too much owes nothing":              {[]Peer{peer(s, "a", sooner, received(9000)), peer(s, "b", sooner)}, 2000},
		"an order that has ended counts nothing":      {[]Peer{peer(s, "a", sooner, confirmed, endedFor(v1.ReasonCompleted))}, 0},
		"one that is called off in time":              {[]Peer{peer(s, "a", sooner, called)}, 0},
		"one that is called off late is still due":    {[]Peer{peer(s, "a", sooner, confirmed, called)}, 1200},
		"one paid by card counts nothing":             {[]Peer{peer(s, "a", sooner, paidBy(v1.PaymentCard))}, 0},
		"one that was paid before counts nothing":     {[]Peer{peer(s, "a", later, prepaid)}, 0},
		"one in another currency counts nothing":      {[]Peer{peer(s, "a", sooner, func(o *v1.Order) { o.Spec.Currency = "EUR" })}, 0},
		"another customer's order counts nothing":     {[]Peer{peer(s, "a", sooner, func(o *v1.Order) { o.Spec.Customer.ID = "c-2" })}, 0},
		"the order itself counts nothing":             {[]Peer{{s.order(), s.facts.Class}}, 0},
		"one without a price cannot be confirmed":     {[]Peer{peer(s, "a", sooner, func(o *v1.Order) { o.Spec.Discount = v1.MaxAmount })}, 0},
		"one of a class that nobody knows counts":     {[]Peer{{peer(s, "a", sooner).Order, nil}}, 2000},
		"several add up":                              {[]Peer{peer(s, "a", sooner), peer(s, "b", sooner), peer(s, "c", later, confirmed)}, 5200},
		"more than can be counted is the most of all": {[]Peer{peer(s, "a", sooner, huge), peer(s, "b", sooner, huge)}, v1.MaxAmount},
	} {
		if got := Compare(&s.facts, test.others).Exposure; got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func huge(o *v1.Order) { o.Spec.Lines[0].Quantity, o.Spec.Lines[0].UnitPrice = 1, v1.MaxAmount }

func TestTwins(t *testing.T) {
	s := newShop(t, comparing(), v1.PaymentCard, 2, 1)
	const window = 10 * time.Minute
	spec := func(change func(*v1.OrderSpec)) func(*v1.Order) { return func(o *v1.Order) { change(&o.Spec) } }
	for name, test := range map[string]struct {
		others []Peer
		want   v1.ObjectName
	}{
		"a customer without other orders":             {nil, ""},
		"one that came exactly the window before":     {[]Peer{peer(s, "a", -window)}, "a"},
		"one that came before the window":             {[]Peer{peer(s, "a", -window-time.Second)}, ""},
		"one that came later":                         {[]Peer{peer(s, "a", time.Second)}, ""},
		"one of the same second, first by name":       {[]Peer{peer(s, "a", 0)}, "a"},
		"one of the same second, second by name":      {[]Peer{peer(s, "p", 0)}, ""},
		"of several the first is told":                {[]Peer{peer(s, "b", -time.Minute), peer(s, "a", -time.Minute), peer(s, "c", 0)}, "a"},
		"one that was delivered and is closed":        {[]Peer{peer(s, "a", -window, endedFor(v1.ReasonCompleted))}, "a"},
		"one that was cancelled":                      {[]Peer{peer(s, "a", -window, endedFor(v1.ReasonCancelled))}, ""},
		"one that was rejected":                       {[]Peer{peer(s, "a", -window, endedFor(v1.ReasonRejected))}, ""},
		"one that is being cancelled":                 {[]Peer{peer(s, "a", -window, called)}, ""},
		"another customer's":                          {[]Peer{peer(s, "a", -window, spec(func(o *v1.OrderSpec) { o.Customer.ID = "c-2" }))}, ""},
		"in another currency":                         {[]Peer{peer(s, "a", -window, spec(func(o *v1.OrderSpec) { o.Currency = "EUR" }))}, ""},
		"to another address":                          {[]Peer{peer(s, "a", -window, spec(func(o *v1.OrderSpec) { o.ShipTo.Lines = []string{"2 High Street"} }))}, ""},
		"of another quantity":                         {[]Peer{peer(s, "a", -window, spec(func(o *v1.OrderSpec) { o.Lines[0].Quantity = 3 }))}, ""},
		"of another product":                          {[]Peer{peer(s, "a", -window, spec(func(o *v1.OrderSpec) { o.Lines[0].SKU = "cup" }))}, ""},
		"at another price it is still the same order": {[]Peer{peer(s, "a", -window, spec(func(o *v1.OrderSpec) { o.Lines[0].UnitPrice = 1 }))}, "a"},
		"with its lines in another order": {[]Peer{peer(s, "a", -window, spec(func(o *v1.OrderSpec) {
			o.Lines[0], o.Lines[1] = o.Lines[1], o.Lines[0]
		}))}, "a"},
		"with a line that was lowered to nothing": {[]Peer{peer(s, "a", -window, spec(func(o *v1.OrderSpec) {
			o.Lines = append(o.Lines, v1.OrderLine{ID: "9", SKU: "cup"})
		}))}, "a"},
	} {
		if got := Compare(&s.facts, test.others).Twin; got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	s.facts.Class.Spec.Confirmation.DuplicateWindowMinutes = 0
	if got := Compare(&s.facts, []Peer{peer(s, "a", 0)}).Twin; got != "" {
		t.Errorf("without a window %q is suspected", got)
	}
}

func TestNeedsPeers(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*shop)
		want   bool
	}{
		"an order on credit, under a limit":       {func(s *shop) { s.facts.Class.Spec.Confirmation = nil }, true},
		"a card, within a window":                 {func(s *shop) { s.order().Spec.Payment.Method = v1.PaymentCard }, true},
		"a card, under a limit":                   {func(s *shop) { s.facts.Class.Spec.Confirmation = nil; s.order().Spec.Payment.Method = v1.PaymentCard }, false},
		"a limit in another currency":             {func(s *shop) { s.facts.Class.Spec.Confirmation = nil; s.facts.Class.Spec.CreditLimit.Currency = "EUR" }, false},
		"neither limit nor window":                {func(s *shop) { s.facts.Class.Spec.CreditLimit, s.facts.Class.Spec.Confirmation = nil, nil }, false},
		"no class":                                {func(s *shop) { s.facts.Class = nil }, false},
		"an order that was confirmed":             {func(s *shop) { confirmed(s.order()) }, false},
		"an order that is cancelled":              {cancel, false},
		"an order that was rejected and stays so": {func(s *shop) { endedFor(v1.ReasonRejected)(s.order()) }, false},
	} {
		s := newShop(t, comparing(), v1.PaymentCash, 2)
		test.change(s)
		if got := NeedsPeers(&s.facts); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// An order passes only by a live read of its peers, and only when every earlier
// one must be there.
func TestAnOrderPassesItsPeersOnlyByALiveRead(t *testing.T) {
	for name, test := range map[string]struct {
		method   v1.PaymentMethod
		age      time.Duration
		peers    Peers
		want     string
		needLive bool
	}{
		"it is too young":              {v1.PaymentCash, arrivalGrace - time.Second, Peers{Live: true}, "Received, busy Checking; held 0 taken 0 back 0 due 2000", false},
		"the cache lets it pass":       {v1.PaymentCash, arrivalGrace, Peers{}, "Received, busy Checking; held 0 taken 0 back 0 due 2000", true},
		"no money is held on a rumour": {v1.PaymentCard, arrivalGrace, Peers{}, "Received, busy Checking; held 0 taken 0 back 0 due 2000", true},
		"a live read lets it pass":     {v1.PaymentCash, arrivalGrace, Peers{Live: true}, "Backordered, ready AwaitingStock; held 0 taken 0 back 0 due 2000", false},
		"the cache holds it":           {v1.PaymentCash, arrivalGrace, Peers{Exposure: 3001}, "OnHold, ready OverCreditLimit; held 0 taken 0 back 0 due 2000", false},
		"it is held before it is old":  {v1.PaymentCash, 0, Peers{Twin: "a"}, "OnHold, ready DuplicateSuspect; held 0 taken 0 back 0 due 2000", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, comparing(), test.method, 2)
			s.order().CreationTimestamp = metav1.NewTime(noon)
			s.now, s.facts.Peers = noon.Add(test.age), test.peers
			if got := NeedsLivePeers(&s.facts, s.now); got != test.needLive {
				t.Errorf("needs a live read: %v", got)
			}
			s.settle()
			if diff := cmp.Diff(test.want, s.text()); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
	// Nor does it pass where it was held meanwhile for something else.
	s := newShop(t, comparing(), v1.PaymentCash, 2)
	s.order().CreationTimestamp, s.facts.Peers.Live, s.order().Spec.ShipTo.City = metav1.NewTime(noon), true, ""
	s.settle()
	s.now = noon.Add(time.Second)
	s.edit(func(o *v1.OrderSpec) { o.ShipTo.City = "Shanghai" })
	s.settle()
	if s.text() != "Received, busy Checking; held 0 taken 0 back 0 due 2000" || !Deadline(&s.facts, s.now).Equal(noon.Add(arrivalGrace)) {
		t.Errorf("after a second it is %s, looked at again at %v", s.text(), Deadline(&s.facts, s.now))
	}
}

func TestCreditAndItsWaysOut(t *testing.T) {
	held := "OnHold, ready OverCreditLimit; held 0 taken 0 back 0 due 2000"
	goesOn := "Backordered, ready AwaitingStock; held 0 taken 0 back 0 due 2000"
	for name, test := range map[string]struct {
		then func(*shop)
		want string
	}{
		"nothing happens":               {func(*shop) {}, held},
		"the customer pays for another": {func(s *shop) { s.facts.Peers.Exposure = 3000 }, goesOn},
		"the customer pays for a part":  {func(s *shop) { s.receive(1) }, "Backordered, ready AwaitingStock; held 0 taken 1 back 0 due 2000"},
		"a person approves": {func(s *shop) {
			s.edit(func(o *v1.OrderSpec) { o.Approval = &v1.Approval{Decision: v1.DecisionApprove} })
		}, goesOn},
		"the limit is raised":               {func(s *shop) { s.facts.Class.Spec.CreditLimit.Amount = 5001 }, goesOn},
		"the customer orders less":          {lower(1), "Backordered, ready AwaitingStock; held 0 taken 0 back 0 due 1000"},
		"the customer pays by card":         {func(s *shop) { s.edit(func(o *v1.OrderSpec) { o.Payment.Method = v1.PaymentCard }) }, "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"},
		"nobody does anything for 72 hours": {at(72 * time.Hour), "Rejected, stalled HoldExpired; held 0 taken 0 back 0 due 0"},
		"the class lets it proceed":         {all(at(72*time.Hour), func(s *shop) { s.facts.Class.Spec.Confirmation.OnDeadline = v1.HoldProceed }), goesOn},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, comparing(), v1.PaymentCash, 2)
			s.facts.Peers = Peers{Live: true, Exposure: 3001}
			s.settle()
			if s.text() != held || !Deadline(&s.facts, s.now).Equal(s.now.Add(peersTurn)) {
				t.Fatalf("it is %s, looked at again at %v", s.text(), Deadline(&s.facts, s.now))
			}
			test.then(s)
			s.settle()
			if diff := cmp.Diff(test.want, s.text()); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}
