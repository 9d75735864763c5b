package gateway

import (
	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	domain "ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
)

// request is the call of a kind and number, in EUR; an authorisation has a token.
func request(kind v1.OperationKind, seq int32, amount v1.Amount, parent string) payment.Request {
	id := domain.OperationID(domain.Identity{Name: "tea"}, domain.Place{}, kind, seq)
	r := payment.Request{ID: id, Key: id, Kind: kind, Amount: amount, Currency: "EUR", Parent: parent}
	if kind == v1.OperationAuthorize {
		r.Token = "tok_ok"
	}
	return r
}
