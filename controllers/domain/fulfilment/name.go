package fulfilment

import (
	"strconv"
	"strings"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Name is the name of the Nth Shipment of an Order.
func Name(order v1.ObjectName, ordinal int) v1.ObjectName {
	return order + v1.ObjectName("-s"+strconv.Itoa(ordinal))
}

// Ordinal is the N in the name of a Shipment, 0 if the name has none.
func Ordinal(name string) int {
	i := strings.LastIndex(name, "-s")
	if i < 0 {
		return 0
	}
	n, err := strconv.Atoi(name[i+2:])
	if err != nil || n < 1 {
		return 0
	}
	return n
}
