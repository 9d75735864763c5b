package confirmation

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

func approve(f *Facts) { f.Order.Spec.Approval = &v1.Approval{Decision: v1.DecisionApprove} }

// expecting is a total of 2000 where another one was shown.
func expecting(f *Facts) { f.Order.Spec.ExpectedTotal = new(v1.Amount(1999)) }

func twin(f *Facts) { f.Twin = "order-0" }

func credit(limit, exposure, owed v1.Amount) func(*Facts) {
	return func(f *Facts) { f.Credit = &Credit{Limit: limit, Exposure: exposure, Owed: owed} }
}

func answer(question v1.Identifier, choice string) func(*Facts) {
	return func(f *Facts) {
		f.Order.Spec.Answers = append(f.Order.Spec.Answers, v1.Answer{Question: question, Choice: choice})
	}
}

func TestJudgements(t *testing.T) {
	price := &v1.Question{ID: "Price-2000", Kind: "Price", Options: []string{"Accept", "Cancel"}}
	duplicate := &v1.Question{ID: "Duplicate", Kind: "Duplicate", Options: []string{"Keep", "Cancel"}}
	priceHolds := Finding{Reason: v1.ReasonPriceMismatch, Field: "spec.expectedTotal", Waivable: true, Question: price}
	twinHolds := Finding{Reason: v1.ReasonDuplicateSuspect, Field: "spec.lines", Waivable: true, Question: duplicate}
	creditHolds := Finding{Reason: v1.ReasonOverCreditLimit, Field: "spec.payment", Waivable: true}
	calledOff := Finding{Reason: v1.ReasonAnsweredCancel, Field: "spec.answers", Final: true}
	for name, test := range map[string]struct {
		facts []func(*Facts)
		want  []Finding
		says  string
	}{
		"a price that was not shown is asked about": {
			[]func(*Facts){expecting}, []Finding{priceHolds}, "answer question Price-2000 with Accept or Cancel",
		},
		"a price that was accepted passes": {
			[]func(*Facts){expecting, answer("Price-2000", "Accept")}, nil, "",
		},
		"another price that was accepted does not": {
			[]func(*Facts){expecting, answer("Price-1999", "Accept")}, []Finding{priceHolds}, "Price-2000",
		},
		"a price that was refused ends the order": {
			[]func(*Facts){expecting, answer("Price-2000", "Cancel")}, []Finding{calledOff, priceHolds}, "question Price-2000 was answered with Cancel",
		},
		"another price that was refused does not": {
			[]func(*Facts){expecting, answer("Price-2001", "Cancel")}, []Finding{priceHolds}, "Price-2000",
		},
		"a price that was refused stays refused when the shop expects it": {
			[]func(*Facts){answer("Price-2000", "Cancel")}, []Finding{calledOff}, "Price-2000",
		},
		"an answer about a price that is no option is told of": {
			[]func(*Facts){expecting, answer("Price-2000", "Perhaps")}, []Finding{priceHolds}, `answer "Perhaps" is no option`,
		},
		"an approval accepts no price": {
			[]func(*Facts){expecting, approve}, []Finding{priceHolds}, "expected 1999, computed 2000",
		},
		"an order that looks like another one is asked about": {
			[]func(*Facts){twin}, []Finding{twinHolds}, "Order order-0 of this customer looks the same; set spec.approval, or answer question Duplicate with Keep or Cancel",
		},
		"one that is kept passes": {
			[]func(*Facts){twin, answer("Duplicate", "Keep")}, nil, "",
		},
		"one that a person approved passes": {
			[]func(*Facts){twin, approve}, nil, "",
		},
		"one that is called off ends": {
			[]func(*Facts){twin, answer("Duplicate", "Cancel")}, []Finding{calledOff, twinHolds}, "question Duplicate was answered with Cancel",
		},
		"one that is called off ends though the other has gone": {
			[]func(*Facts){answer("Duplicate", "Cancel")}, []Finding{calledOff}, "Duplicate",
		},
		"one that is called off ends though a person approved": {
			[]func(*Facts){twin, approve, answer("Duplicate", "Cancel")}, []Finding{calledOff}, "Duplicate",
		},
		"an answer about it that is no option is told of": {
			[]func(*Facts){twin, answer("Duplicate", "keep")}, []Finding{twinHolds}, `answer "keep" is no option`,
		},
		"an answer to another question says nothing": {
			[]func(*Facts){twin, answer("Shortage", "Keep")}, []Finding{twinHolds}, "Duplicate",
		},
		"a customer may owe exactly the limit": {
			[]func(*Facts){credit(5000, 3000, 2000)}, nil, "",
		},
		"a customer may not owe more": {
			[]func(*Facts){credit(5000, 3001, 2000)}, []Finding{creditHolds}, "owes 3001, and 2000 for this order; the class allows 5000",
		},
		"without credit nothing may be owed": {
			[]func(*Facts){credit(0, 0, 1)}, []Finding{creditHolds}, "allows 0",
		},
		"an order that was paid is not held for the debts of others": {
			[]func(*Facts){credit(5000, 9000, 0)}, nil, "",
		},
		"a person may give more credit": {
			[]func(*Facts){credit(5000, 3001, 2000), approve}, nil, "",
		},
		"the largest amounts are added rightly": {
			[]func(*Facts){credit(v1.MaxAmount, v1.MaxAmount, v1.MaxAmount)}, []Finding{creditHolds}, "9007199254740991",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := passing()
			for _, change := range test.facts {
				change(f)
			}
			got := Check(f)
			if len(got) > 0 && !strings.Contains(got[0].Message, test.says) {
				t.Errorf("the message is %q", got[0].Message)
			}
			for i := range got {
				got[i].Message = ""
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// Without a price no answer is about it, and no debt can be reckoned.
func TestNoPriceIsNotJudged(t *testing.T) {
	f := passing()
	f.PriceError, f.Totals = &pricing.AmountError{}, pricing.Totals{}
	expecting(f)
	credit(0, 1, 1)(f)
	answer("Price-0", "Cancel")(f)
	if diff := cmp.Diff([]string{v1.ReasonAmountTooLarge}, reasons(Check(f))); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

// The messages of judgements are read whole, also in the words of a hold that expired.
func TestTheLongestMessagesFit(t *testing.T) {
	f := passing()
	f.Totals.Total, f.ApproveFrom = v1.MaxAmount, new(v1.Amount(0))
	f.Order.Spec.ExpectedTotal = new(v1.Amount(v1.MaxAmount - 1))
	f.Twin = v1.ObjectName(strings.Repeat("n", 52))
	credit(v1.MaxAmount-1, v1.MaxAmount, v1.MaxAmount)(f)
	answer("Duplicate", strings.Repeat("x", 63))(f)
	answer("Price-9007199254740991", strings.Repeat("x", 63))(f)
	want := []string{v1.ReasonPriceMismatch, v1.ReasonDuplicateSuspect, v1.ReasonOverCreditLimit, v1.ReasonManualApproval}
	findings := Check(f)
	if got := reasons(findings); !slices.Equal(got, want) {
		t.Fatalf("found %v", got)
	}
	for _, found := range findings {
		if n := len(found.String()); n > 256 {
			t.Errorf("%s takes %d bytes", found.Reason, n)
		}
	}
}
