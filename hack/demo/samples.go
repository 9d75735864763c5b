package main

// What the demo knows of config/samples/quickstart; a test compares it with the files.
const (
	// orders is how many Orders the samples hold.
	orders = 6
	// backordered is the Order that waits for stock.
	backordered = "pour-over-set"
	// cashOnDelivery is the Order that is paid to the driver.
	cashOnDelivery = "office-coffee"
)
