package payment

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

// The ids of the past must stay what they were: a provider knows them.
func TestOperationIDIsTheSameForEver(t *testing.T) {
	full := Identity{Installation: "prod-1", Namespace: "shop", Name: "order-1", ExternalRef: "100045"}
	card := Place{"retail", "card", v1.ProviderStripe}
	for name, test := range map[string]struct {
		id   Identity
		at   Place
		kind v1.OperationKind
		seq  int32
		want string
	}{
		"of the first authorisation":      {full, card, v1.OperationAuthorize, 1, "aq3w463mow5mood4glwyfjsmswq5fdu6xt3miqcmarbbssva2nqq"},
		"of the second capture":           {full, card, v1.OperationCapture, 2, "25cnks6nupv3oh4q2u44botkdxecnbkdpp5rqmly4nbjaonrzkga"},
		"of an order without a reference": {Identity{Namespace: "shop", Name: "order-1"}, Place{"default", "till", v1.ProviderHTTP}, v1.OperationRefund, 1, "6aub3fc27nzwhffim4a4gkgaahxacdjn6rjrejou44la7hirz3qa"},
	} {
		if got := OperationID(test.id, test.at, test.kind, test.seq); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestOperationIDsDiffer(t *testing.T) {
	type key struct {
		Identity
		Place
		kind v1.OperationKind
		seq  int32
	}
	here := Place{"retail", "card", v1.ProviderHTTP}
	for name, pair := range map[string][2]key{
		"where a character moves from the namespace to the name": {
			{Identity{"i", "ab", "c", ""}, here, v1.OperationCapture, 1}, {Identity{"i", "a", "bc", ""}, here, v1.OperationCapture, 1},
		},
		"where the reference is in the place of the name": {
			{Identity{"i", "n", "a", ""}, here, v1.OperationCapture, 1}, {Identity{"i", "n", "", "a"}, here, v1.OperationCapture, 1},
		},
		"where the name holds the length of what follows": {
			{Identity{"", "n", "a\x00\x00\x00\x01b", ""}, here, v1.OperationVoid, 1}, {Identity{"", "n", "a", "b"}, here, v1.OperationVoid, 1},
		},
		"where the kind is a part of the reference": {
			{Identity{"i", "n", "a", "Void"}, here, "", 1}, {Identity{"i", "n", "a", ""}, here, v1.OperationVoid, 1},
		},
		"by installation": {{Identity{"i", "n", "a", ""}, here, v1.OperationVoid, 1}, {Identity{"j", "n", "a", ""}, here, v1.OperationVoid, 1}},
		"by class":        {{Identity{"i", "n", "a", ""}, here, v1.OperationVoid, 1}, {Identity{"i", "n", "a", ""}, Place{"bulk", "card", v1.ProviderHTTP}, v1.OperationVoid, 1}},
		"by provider":     {{Identity{"i", "n", "a", ""}, here, v1.OperationVoid, 1}, {Identity{"i", "n", "a", ""}, Place{"retail", "cash", v1.ProviderHTTP}, v1.OperationVoid, 1}},
		"by its type":     {{Identity{"i", "n", "a", ""}, here, v1.OperationVoid, 1}, {Identity{"i", "n", "a", ""}, Place{"retail", "card", v1.ProviderStripe}, v1.OperationVoid, 1}},
		"by kind":         {{Identity{"i", "n", "a", ""}, here, v1.OperationVoid, 1}, {Identity{"i", "n", "a", ""}, here, v1.OperationRefund, 1}},
		"by number":       {{Identity{"i", "n", "a", ""}, here, v1.OperationVoid, 1}, {Identity{"i", "n", "a", ""}, here, v1.OperationVoid, 256}},
	} {
		a, b := pair[0], pair[1]
		if OperationID(a.Identity, a.Place, a.kind, a.seq) == OperationID(b.Identity, b.Place, b.kind, b.seq) {
			t.Errorf("%s: %+v and %+v have the same id", name, a, b)
		}
	}
}

func TestOperationIDIsInjective(t *testing.T) { rapid.Check(t, injectiveIDs) }

func FuzzOperationID(f *testing.F) { fuzz.Drawn(f, injectiveIDs) }

func injectiveIDs(t *rapid.T) {
	part := rapid.StringMatching(`[ab\x00\x01]{0,3}`)
	key := rapid.Custom(func(t *rapid.T) [8]string {
		return [8]string{
			part.Draw(t, "installation"), part.Draw(t, "namespace"), part.Draw(t, "name"), part.Draw(t, "ref"),
			part.Draw(t, "class"), part.Draw(t, "provider"), part.Draw(t, "type"), part.Draw(t, "kind"),
		}
	})
	form := regexp.MustCompile(`^[a-z2-7]{52}$`)
	a, b := key.Draw(t, "a"), key.Draw(t, "b")
	m, n := rapid.Int32Range(1, 3).Draw(t, "m"), rapid.Int32Range(1, 3).Draw(t, "n")
	of := func(k [8]string, seq int32) string {
		return OperationID(Identity{k[0], k[1], k[2], k[3]}, Place{v1.ObjectName(k[4]), v1.Identifier(k[5]), v1.ProviderType(k[6])}, v1.OperationKind(k[7]), seq)
	}
	x, y := of(a, m), of(b, n)
	if !form.MatchString(x) {
		t.Fatalf("%q is not 52 characters of base32", x)
	}
	if same := a == b && m == n; same != (x == y) {
		t.Fatalf("%q/%d and %q/%d: %s and %s", a, m, b, n, x, y)
	}
}

func TestSum(t *testing.T) {
	auth := done(v1.OperationAuthorize, 1, 100, "")
	for name, test := range map[string]struct {
		ops      []v1.PaymentOperation
		received []v1.ReceivedPayment
		refunded []v1.ReceivedPayment
		want     Sums
	}{
		"of nothing":                                 {nil, nil, nil, Sums{}},
		"an authorisation is held":                   {[]v1.PaymentOperation{auth}, nil, nil, Sums{Authorized: 100}},
		"what is captured is not held any more":      {[]v1.PaymentOperation{auth, done(v1.OperationCapture, 1, 30, auth.ID)}, nil, nil, Sums{Authorized: 70, Captured: 30}},
		"what is released is not held any more":      {[]v1.PaymentOperation{auth, done(v1.OperationCapture, 1, 30, auth.ID), done(v1.OperationVoid, 1, 70, auth.ID)}, nil, nil, Sums{Captured: 30}},
		"what is refunded stays counted as captured": {[]v1.PaymentOperation{auth, done(v1.OperationCapture, 1, 100, auth.ID), done(v1.OperationRefund, 1, 40, "Capture-1")}, nil, nil, Sums{Captured: 100, Refunded: 40}},
		"what is open or was declined counts nothing": {[]v1.PaymentOperation{
			op(v1.OperationAuthorize, 1, 100, v1.OperationIntended, ""), op(v1.OperationCapture, 1, 100, v1.OperationUnknown, ""),
			declined(v1.OperationRefund, 1, 1), declined(v1.OperationVoid, 1, 1),
		}, nil, nil, Sums{}},
		"money that came in by hand is captured":    {nil, received(60, 40), nil, Sums{Captured: 100}},
		"money by hand and by call is added":        {[]v1.PaymentOperation{auth, done(v1.OperationCapture, 1, 30, auth.ID)}, received(20), nil, Sums{Authorized: 70, Captured: 50}},
		"money paid back by hand is refunded":       {nil, received(60), received(25), Sums{Captured: 60, Refunded: 25}},
		"money by hand stops at the largest amount": {nil, received(v1.MaxAmount, v1.MaxAmount, 5), nil, Sums{Captured: v1.MaxAmount}},
	} {
		if diff := cmp.Diff(test.want, Sum(test.ops, test.received, test.refunded)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestState(t *testing.T) {
	for name, test := range map[string]struct {
		sums       Sums
		total, due v1.Amount
		want       v1.PaymentState
	}{
		"nothing came in and something is due":        {Sums{}, 100, 100, v1.PaymentUnpaid},
		"nothing came in and nothing is due":          {Sums{}, 100, 0, v1.PaymentVoided},
		"a free order":                                {Sums{}, 0, 0, v1.PaymentPaid},
		"the money is held":                           {Sums{Authorized: 100}, 100, 100, v1.PaymentAuthorized},
		"the money is held though nothing is due":     {Sums{Authorized: 100}, 100, 0, v1.PaymentAuthorized},
		"a part came in":                              {Sums{Captured: 30, Authorized: 70}, 100, 100, v1.PaymentPartiallyPaid},
		"all came in":                                 {Sums{Captured: 100}, 100, 100, v1.PaymentPaid},
		"all came in and what was too much went back": {Sums{Captured: 120, Refunded: 20}, 100, 100, v1.PaymentPaid},
		"more came in than is due":                    {Sums{Captured: 101}, 100, 100, v1.PaymentOverpaid},
		"something came in and nothing is due":        {Sums{Captured: 1}, 100, 0, v1.PaymentOverpaid},
		"all went back":                               {Sums{Captured: 100, Refunded: 100}, 100, 0, v1.PaymentRefunded},
		"all went back and something is due":          {Sums{Captured: 100, Refunded: 100}, 100, 50, v1.PaymentRefunded},
		"a part went back":                            {Sums{Captured: 100, Refunded: 60}, 100, 100, v1.PaymentPartiallyPaid},
	} {
		if got := State(test.sums, test.total, test.due); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestOpenAndLastVain(t *testing.T) {
	first := declined(v1.OperationAuthorize, 1, 3)
	foreign := done(v1.OperationAuthorize, 2, 5, "")
	foreign.Currency = "USD"
	elsewhere := done(v1.OperationAuthorize, 2, 5, "")
	elsewhere.Provider = "other"
	for name, test := range map[string]struct {
		ops        []v1.PaymentOperation
		open, vain string
	}{
		"nothing":                                   {nil, "", ""},
		"an intent is open":                         {[]v1.PaymentOperation{op(v1.OperationAuthorize, 1, 5, v1.OperationIntended, "")}, "Authorize-1", ""},
		"an unclear operation is open":              {[]v1.PaymentOperation{first, op(v1.OperationAuthorize, 2, 5, v1.OperationUnknown, "")}, "Authorize-2", ""},
		"a declined one is not open":                {[]v1.PaymentOperation{first}, "", "Authorize-1"},
		"one that followed the declined one counts": {[]v1.PaymentOperation{first, done(v1.OperationAuthorize, 2, 5, "")}, "", ""},
		"the number tells the last, not the place":  {[]v1.PaymentOperation{done(v1.OperationAuthorize, 2, 5, ""), first}, "", ""},
		"another currency is in vain":               {[]v1.PaymentOperation{foreign}, "", "Authorize-2"},
		"another provider does not count":           {[]v1.PaymentOperation{first, elsewhere}, "", "Authorize-1"},
		"another kind does not count":               {[]v1.PaymentOperation{first, done(v1.OperationCapture, 2, 5, "")}, "", "Authorize-1"},
	} {
		if got := Open(test.ops); (got == nil) != (test.open == "") || (got != nil && got.ID != test.open) {
			t.Errorf("%s: open is %v, want %q", name, got, test.open)
		}
		if got := LastVain(test.ops, v1.OperationAuthorize, Place{}); (got == nil) != (test.vain == "") || (got != nil && got.ID != test.vain) {
			t.Errorf("%s: the last in vain is %v, want %q", name, got, test.vain)
		}
	}
}

func TestCaptures(t *testing.T) {
	ops := []v1.PaymentOperation{
		done(v1.OperationAuthorize, 1, 100, ""), done(v1.OperationCapture, 1, 30, "Authorize-1"),
		declined(v1.OperationCapture, 2, 1), done(v1.OperationCapture, 3, 50, "Authorize-1"), done(v1.OperationRefund, 1, 5, "Capture-1"),
	}
	ops[1].Fee = new(v1.Amount(2))
	if diff := cmp.Diff([]pricing.Capture{{Amount: 30, Fee: new(v1.Amount(2))}, {Amount: 50}}, Captures(ops)); diff != "" {
		t.Errorf("Captures (-want +got):\n%s", diff)
	}
}

func TestWhatDoesNotMatch(t *testing.T) {
	ops := []v1.PaymentOperation{
		done(v1.OperationAuthorize, 1, 100, ""), done(v1.OperationCapture, 1, 30, "Authorize-1"), done(v1.OperationCapture, 2, 50, "Authorize-1"),
		declined(v1.OperationCapture, 3, 1), done(v1.OperationRefund, 1, 5, "Capture-1"),
	}
	ops[1].Asked, ops[2].Asked, ops[3].Asked = new(v1.Amount(33)), new(v1.Amount(46)), new(v1.Amount(9))
	if got := OtherAmount(ops); got != 3+4 {
		t.Errorf("other amounts differ by %d, want 7: both directions count, and a declined call does not", got)
	}
	hand := func(amounts ...v1.Amount) (list []v1.ReceivedPayment) {
		for _, a := range amounts {
			list = append(list, v1.ReceivedPayment{Amount: int64(a)})
		}
		return list
	}
	for name, test := range map[string]struct {
		received, refunded []v1.ReceivedPayment
		want               int64
	}{
		"nothing by hand":                         {nil, nil, 0},
		"all that came in went back":              {hand(20), hand(90, 5), 0},
		"more went back than came in":             {hand(20), hand(90, 6), 1},
		"more went back than came in, twice over": {nil, hand(100, 100), 125},
	} {
		if got := Unmatched(ops, test.received, test.refunded); got != test.want {
			t.Errorf("%s: unmatched %d, want %d", name, got, test.want)
		}
	}
}

func TestRecord(t *testing.T) {
	identity := Identity{Namespace: "shop", Name: "order-1"}
	at, past := Place{"retail", "new", v1.ProviderStripe}, Place{"past", "old", v1.ProviderHTTP}
	of := func(op v1.PaymentOperation, at Place) v1.PaymentOperation {
		op.Class, op.Provider, op.Type = at.Class, at.Provider, at.Type
		return op
	}
	held := of(done(v1.OperationAuthorize, 1, 100, ""), past)
	for name, test := range map[string]struct {
		step Step
		ops  []v1.PaymentOperation
		want v1.PaymentOperation
	}{
		"the first of its kind is number 1": {
			Step{Kind: v1.OperationAuthorize, At: at, Amount: 100}, nil,
			v1.PaymentOperation{Kind: v1.OperationAuthorize, Seq: 1, Amount: 100, Class: "retail", Provider: "new", Type: v1.ProviderStripe},
		},
		"the next one follows the highest number of its kind": {
			Step{Kind: v1.OperationAuthorize, At: at, Amount: 7}, []v1.PaymentOperation{
				of(declined(v1.OperationAuthorize, 2, 1), at), of(done(v1.OperationAuthorize, 1, 100, ""), at), of(done(v1.OperationCapture, 5, 1, ""), at),
			},
			v1.PaymentOperation{Kind: v1.OperationAuthorize, Seq: 3, Amount: 7, Class: "retail", Provider: "new", Type: v1.ProviderStripe},
		},
		"what another provider was told does not count": {
			Step{Kind: v1.OperationAuthorize, At: at, Amount: 7}, []v1.PaymentOperation{held},
			v1.PaymentOperation{Kind: v1.OperationAuthorize, Seq: 1, Amount: 7, Class: "retail", Provider: "new", Type: v1.ProviderStripe},
		},
		"a step on an earlier operation": {
			Step{Kind: v1.OperationVoid, At: past, Amount: 100, Parent: held.ID}, []v1.PaymentOperation{held},
			v1.PaymentOperation{Kind: v1.OperationVoid, Seq: 1, Amount: 100, Parent: held.ID, Class: "past", Provider: "old", Type: v1.ProviderHTTP},
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.want.ID = OperationID(identity, test.step.At, test.want.Kind, test.want.Seq)
			test.want.State, test.want.Basis, test.want.At, test.want.RecordedAt = v1.OperationIntended, 4, now, &now
			want := append(slices.Clone(test.ops), test.want)
			if diff := cmp.Diff(want, test.step.Record(identity, test.ops, 4, now)); diff != "" {
				t.Errorf("Record (-want +got):\n%s", diff)
			}
		})
	}
}
