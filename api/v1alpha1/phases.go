package v1alpha1

// OrderPhase is where an Order stands. It is a view of its counters,
// operations and facts, computed anew at each look; nothing decides by it.
// +kubebuilder:validation:Enum=Received;OnHold;Rejected;Confirmed;Backordered;Processing;Shipped;Delivered;Completed;Cancelling;Cancelled
type OrderPhase string

const (
	// OrderReceived (transient): the order was accepted by the API server and is being checked.
	OrderReceived OrderPhase = "Received"
	// OrderOnHold (transient): a finding keeps the order from being confirmed.
	OrderOnHold OrderPhase = "OnHold"
	// OrderRejected (final): the order can never be confirmed.
	OrderRejected OrderPhase = "Rejected"
	// OrderConfirmed (transient): checked, approved, paid as the class asks; amounts are frozen.
	OrderConfirmed OrderPhase = "Confirmed"
	// OrderBackordered (transient): units wait for stock and nothing else is under way.
	OrderBackordered OrderPhase = "Backordered"
	// OrderProcessing (transient): a Shipment is in the warehouse.
	OrderProcessing OrderPhase = "Processing"
	// OrderShipped (transient): every unit has left.
	OrderShipped OrderPhase = "Shipped"
	// OrderDelivered (transient): every unit has arrived; money, return window or a case is open.
	OrderDelivered OrderPhase = "Delivered"
	// OrderCompleted (final): settled, the return window is over and no case is open.
	OrderCompleted OrderPhase = "Completed"
	// OrderCancelling (transient): what has not left is being cancelled.
	OrderCancelling OrderPhase = "Cancelling"
	// OrderCancelled (final): nothing left and the money went back.
	OrderCancelled OrderPhase = "Cancelled"
)

// ShipmentPhase is where a Shipment stands.
// +kubebuilder:validation:Enum=Planned;Reserved;Picking;Packed;Dispatched;Delivered;Cancelled;Returned;Lost
type ShipmentPhase string

const (
	// ShipmentPlanned (transient): stock is being reserved.
	ShipmentPlanned ShipmentPhase = "Planned"
	// ShipmentReserved (transient): stock is reserved; the warehouse may pick.
	ShipmentReserved ShipmentPhase = "Reserved"
	// ShipmentPicking (transient): units are off the shelf.
	ShipmentPicking ShipmentPhase = "Picking"
	// ShipmentPacked (transient): units are in their parcels.
	ShipmentPacked ShipmentPhase = "Packed"
	// ShipmentDispatched (transient): the carrier has the parcels.
	ShipmentDispatched ShipmentPhase = "Dispatched"
	// ShipmentDelivered (transient): the customer has them; a typed Correction can take that back.
	ShipmentDelivered ShipmentPhase = "Delivered"
	// ShipmentCancelled (final): it never left; its units go back to the stock.
	ShipmentCancelled ShipmentPhase = "Cancelled"
	// ShipmentReturned (transient): the carrier brings it back; a later scan can show otherwise.
	ShipmentReturned ShipmentPhase = "Returned"
	// ShipmentLost (transient): the carrier gave it up; a later scan can show otherwise.
	ShipmentLost ShipmentPhase = "Lost"
)

// StockPhase is a view of the counters of a StockItem.
// +kubebuilder:validation:Enum=InStock;Low;Stockout;Blocked
type StockPhase string

const (
	// StockInStock (transient): units can be promised.
	StockInStock StockPhase = "InStock"
	// StockLow (transient): units can be promised, at or below the fixed reorder point.
	StockLow StockPhase = "Low"
	// StockStockout (transient): nothing can be promised.
	StockStockout StockPhase = "Stockout"
	// StockBlocked (transient): the item is being deleted, or less was counted than is promised.
	StockBlocked StockPhase = "Blocked"
)

// ReturnPhase is where a Return stands.
// +kubebuilder:validation:Enum=Requested;Approved;InTransit;Received;Inspected;Refunding;Completed;Declined;Expired;Cancelled
type ReturnPhase string
