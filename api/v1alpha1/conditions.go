package v1alpha1

// Condition types. Ready, Reconciling and Stalled follow the kstatus
// convention on every kind: Ready=True means that the controller and people
// have nothing to do now; Reconciling=True (only while it holds) that a write
// or call is due; Stalled=True (only while it holds) that a person is needed.
// Reconciling and Stalled are never there together.
const (
	// ConditionReady says whether something is left to do now.
	ConditionReady = "Ready"
	// ConditionReconciling is there, True, while a write or call is due.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is there, True, while a person is needed.
	ConditionStalled = "Stalled"

	// ConditionValidated (Order) says whether the checks found nothing.
	ConditionValidated = "Validated"
	// ConditionApproved (Order) says whether the order was approved, by a person or by its class.
	ConditionApproved = "Approved"
	// ConditionReserved (Order) says whether every unit that is wanted is reserved.
	ConditionReserved = "Reserved"
	// ConditionPaid (Order) says whether all that is due came in.
	ConditionPaid = "Paid"
	// ConditionFulfilled (Order) says whether every unit has arrived or was cancelled.
	ConditionFulfilled = "Fulfilled"
	// ConditionSettled (Order) says whether goods and money are closed.
	ConditionSettled = "Settled"
	// ConditionCompleted (Order) is True at the end: completed, cancelled or rejected.
	ConditionCompleted = "Completed"
	// ConditionCancelRefused (Order) is there, True, when a cancel came too late.
	ConditionCancelRefused = "CancelRefused"
	// ConditionEditClamped (Order) is there, True, when a quantity was lowered below what is being picked or has left.
	ConditionEditClamped = "EditClamped"

	// ConditionShortage (Order) is there, True, when the shortage policy asks the customer or has cancelled units.
	ConditionShortage = "Shortage"

	// ConditionStockItemReplaced (Shipment) is there, True, when a StockItem
	// that owes a movement was deleted and made again under its old name.
	ConditionStockItemReplaced = "StockItemReplaced"

	// ConditionPackable (Shipment) is there, False, while some of its units fit into no parcel.
	ConditionPackable = "Packable"

	// ConditionRouted (Shipment) says, where Partners deliver, whether a route leads to the customer, and which.
	ConditionRouted = "Routed"
	// ConditionBooked (Shipment) says, where carriers of its route are booked, whether they have all confirmed.
	ConditionBooked = "Booked"
	// ConditionVoidRefused (Shipment) is there, True, while a carrier insists on a booking that is not wanted any more.
	ConditionVoidRefused = "VoidRefused"
	// ConditionPromiseAtRisk (Order, Shipment) is there, True, while the promise can still be kept but is not expected to be.
	ConditionPromiseAtRisk = "PromiseAtRisk"
	// ConditionLate (Order, Shipment) is there, True, once the promise is broken.
	ConditionLate = "Late"
	// ConditionOverdue (Shipment) is there, True, while parcels are on their way for longer than nine of ten are.
	ConditionOverdue = "Overdue"

	// ConditionCountApplied (StockItem) says whether spec.count was applied.
	ConditionCountApplied = "CountApplied"
	// ConditionRecountRequired (StockItem) is there, True, while units are missing: a new stock-take is asked for.
	ConditionRecountRequired = "RecountRequired"
	// ConditionCountConflict (StockItem) is there, True, while less was counted than is promised.
	ConditionCountConflict = "CountConflict"
)

// Reasons: the closed list. Each names the conditions that carry it.
const (
	// ReasonChecking (Order Ready, Reconciling): the order is being checked or authorised.
	ReasonChecking = "Checking"
	// ReasonProgressing (Ready, Reconciling): a write is due.
	ReasonProgressing = "Progressing"
	// ReasonPassed (Order Validated): the checks found nothing.
	ReasonPassed = "Passed"
	// ReasonPending (several): not yet.
	ReasonPending = "Pending"

	// Findings of the checks (Order Ready and Validated; the final ones Stalled, too).

	// ReasonAddressIncomplete: the address lacks a part; complete spec.shipTo.
	ReasonAddressIncomplete = "AddressIncomplete"
	// ReasonPriceMismatch: spec.expectedTotal differs from the total; correct one of them, or answer question Price-<total>.
	ReasonPriceMismatch = "PriceMismatch"
	// ReasonDiscountTooLarge: a discount is above what it is given on; lower it.
	ReasonDiscountTooLarge = "DiscountTooLarge"
	// ReasonAmountTooLarge: the total is above 2^53-1; lower a quantity or cancel.
	ReasonAmountTooLarge = "AmountTooLarge"
	// ReasonTooManyItems: more products than its Shipments can carry under the class's allocation; split the order.
	ReasonTooManyItems = "TooManyItems"
	// ReasonUnknownSKU: no StockItem has this sku; create one or cancel.
	ReasonUnknownSKU = "UnknownSKU"
	// ReasonReusedName: the payment provider knows an earlier order of this identity; rename, or approve.
	ReasonReusedName = "ReusedName"
	// ReasonClassNotFound: the class does not exist; create it or correct spec.className.
	ReasonClassNotFound = "ClassNotFound"
	// ReasonUnknownCurrency: the currency is not in ISO 4217 (final).
	ReasonUnknownCurrency = "UnknownCurrency"
	// ReasonDuplicate: another Order has the same channel and externalRef (final).
	ReasonDuplicate = "Duplicate"
	// ReasonNoProvider: the class has no provider for the payment method.
	ReasonNoProvider = "NoProvider"
	// ReasonSecretNotUsable: the payment token's Secret is absent, of another type or empty.
	ReasonSecretNotUsable = "SecretNotUsable"
	// ReasonPaymentDeclined: the provider refused; edit spec.payment to try again.
	ReasonPaymentDeclined = "PaymentDeclined"
	// ReasonPaymentUnclear: the provider gave no clear answer; it is looked up again.
	ReasonPaymentUnclear = "PaymentUnclear"
	// ReasonProviderUnusable (Order Ready, Stalled): the provider cannot be asked, or says what cannot be; a person must mend its address or its Secret.
	ReasonProviderUnusable = "ProviderUnusable"
	// ReasonAwaitingPayment: the money must come in before the order is confirmed.
	ReasonAwaitingPayment = "AwaitingPayment"
	// ReasonDuplicateSuspect: an earlier Order of the customer looks the same; answer question Duplicate, or approve.
	ReasonDuplicateSuspect = "DuplicateSuspect"
	// ReasonOverCreditLimit: the customer would owe more than the class allows; record a payment, approve, or raise the limit.
	ReasonOverCreditLimit = "OverCreditLimit"
	// ReasonAnsweredCancel: a question of the checks was answered with Cancel (final).
	ReasonAnsweredCancel = "AnsweredCancel"
	// ReasonManualApproval: a person must set spec.approval.
	ReasonManualApproval = "ManualApproval"
	// ReasonApprovalRejected: a person rejected the order (final).
	ReasonApprovalRejected = "ApprovalRejected"
	// ReasonHoldExpired: the hold lasted longer than the class allows (final).
	ReasonHoldExpired = "HoldExpired"

	// ReasonApproved (Order Approved): a person approved.
	ReasonApproved = "Approved"
	// ReasonWaived (Order Validated, Approved): the hold has ended, and the class lets the order proceed.
	ReasonWaived = "Waived"
	// ReasonAutoApproved (Order Approved): the class asks for no approval.
	ReasonAutoApproved = "AutoApproved"

	// ReasonAwaitingStock (Order Ready, Reserved): units wait for stock.
	ReasonAwaitingStock = "AwaitingStock"
	// ReasonAwaitingAnswer (Order Ready, Shortage): the customer is asked what is to become of units that are not in stock; answer in spec.answers.
	ReasonAwaitingAnswer = "AwaitingAnswer"
	// ReasonShortUnitsCancelled (Order Shortage): units that were not in stock were cancelled as the shortage policy says.
	ReasonShortUnitsCancelled = "ShortUnitsCancelled"
	// ReasonAwaitingWarehouse (Order, Shipment Ready): the warehouse is to pick, pack, dispatch or put back.
	ReasonAwaitingWarehouse = "AwaitingWarehouse"
	// ReasonAwaitingCarrier (Order, Shipment Ready): parcels travel.
	ReasonAwaitingCarrier = "AwaitingCarrier"
	// ReasonAwaitingReturnWindow (Order Ready): delivered, goods can still be returned.
	ReasonAwaitingReturnWindow = "AwaitingReturnWindow"
	// ReasonAwaitingCaseClose (Order Ready): an after-sales case is open.
	ReasonAwaitingCaseClose = "AwaitingCaseClose"
	// ReasonAllReserved (Order Reserved): every unit that is wanted is reserved.
	ReasonAllReserved = "AllReserved"

	// ReasonUnpaid (Order Paid): less came in than is due.
	ReasonUnpaid = "Unpaid"
	// ReasonPaid (Order Paid): what is due came in.
	ReasonPaid = "Paid"
	// ReasonOverpaid (Order Paid): more came in than is due.
	ReasonOverpaid = "Overpaid"
	// ReasonManualRefundRequired (Order Ready, Stalled, Settled): a person must pay the stated amount back.
	ReasonManualRefundRequired = "ManualRefundRequired"
	// ReasonOtherCurrency (Order Ready, Stalled, Settled): the provider took or gave back money in another currency than the order's; settle that with it.
	ReasonOtherCurrency = "OtherCurrency"
	// ReasonTooManyOperations (Order Ready, Stalled): the order has had 100 payment operations; settle the rest by hand.
	ReasonTooManyOperations = "TooManyOperations"
	// ReasonDelivered (Order Fulfilled): every unit has arrived.
	ReasonDelivered = "Delivered"
	// ReasonDeliveryFailed (Order Fulfilled): a parcel was lost or came back; a person decides.
	ReasonDeliveryFailed = "DeliveryFailed"
	// ReasonSettled (Order Settled): goods and money are closed.
	ReasonSettled = "Settled"
	// ReasonCompleted (Order Ready, Completed): the end.
	ReasonCompleted = "Completed"
	// ReasonCancelling (Order Ready, Reconciling): what has not left is being cancelled.
	ReasonCancelling = "Cancelling"
	// ReasonCancelled (Order, Shipment Ready; Order Completed): cancelled.
	ReasonCancelled = "Cancelled"
	// ReasonRejected (Order Completed): the order was rejected.
	ReasonRejected = "Rejected"
	// ReasonAlreadyDispatched (Order CancelRefused): everything has left; create a Return.
	ReasonAlreadyDispatched = "AlreadyDispatched"
	// ReasonBeingPicked (Order EditClamped): the units are being picked or have left.
	ReasonBeingPicked = "BeingPicked"
	// ReasonPaused (Ready): spec.management is Paused.
	ReasonPaused = "Paused"
	// ReasonDeleting (Order, StockItem Ready): the object is being deleted and waits until it is settled.
	ReasonDeleting = "Deleting"

	// ReasonReserving (Shipment Ready): its stock is being reserved.
	ReasonReserving = "Reserving"
	// ReasonOnHold (Shipment Ready): spec.hold keeps it in the warehouse.
	ReasonOnHold = "OnHold"
	// ReasonArrived (Shipment Ready): the customer has it.
	ReasonArrived = "Arrived"
	// ReasonUnitTooLarge (Shipment Packable): one unit alone is larger than the class's box.
	ReasonUnitTooLarge = "UnitTooLarge"
	// ReasonTooManyParcels (Shipment Packable): its units need more parcels than one Shipment has.
	ReasonTooManyParcels = "TooManyParcels"
	// ReasonRouteChosen (Shipment Routed): the route is in status.route.
	ReasonRouteChosen = "RouteChosen"
	// ReasonNoRoute (Shipment Routed): no lanes of the Partners that take the goods lead to the customer.
	ReasonNoRoute = "NoRoute"
	// ReasonBooked (Shipment Booked): the carriers of its route have confirmed.
	ReasonBooked = "Booked"
	// ReasonBooking (Shipment Booked, Ready): a carrier of its route has not answered yet.
	ReasonBooking = "Booking"
	// ReasonVoiding (Shipment Ready): it is cancelled, and a booking is being taken back.
	ReasonVoiding = "Voiding"
	// ReasonNotBooked (Shipment Booked, Ready, Stalled): a carrier of its route does not take it, or cannot be asked before a person mends something.
	ReasonNotBooked = "NotBooked"
	// ReasonBookingsFull (Shipment Booked, Ready, Stalled): it has had 20 bookings that carriers insist on; hand it over by hand.
	ReasonBookingsFull = "BookingsFull"
	// ReasonKeptByCarrier (Shipment VoidRefused): a carrier insists on a booking that is not wanted any more.
	ReasonKeptByCarrier = "KeptByCarrier"
	// ReasonExpectedLate (Order, Shipment PromiseAtRisk): nine of ten such parcels arrive only after the promise.
	ReasonExpectedLate = "ExpectedLate"
	// ReasonNotArrived (Order, Shipment Late): the time of the promise is over.
	ReasonNotArrived = "NotArrived"
	// ReasonArrivedLate (Order, Shipment Late): it arrived after the promise.
	ReasonArrivedLate = "ArrivedLate"
	// ReasonNoNews (Shipment Overdue): no scan says that it has arrived; ask the carrier.
	ReasonNoNews = "NoNews"
	// ReasonItemUIDChanged (Shipment StockItemReplaced): the item's uid is not the promised one.
	ReasonItemUIDChanged = "ItemUIDChanged"

	// ReasonUsable (Partner Ready): routes can be made of its lanes.
	ReasonUsable = "Usable"
	// ReasonNoLanes (Partner Ready): it has no lanes, so that it is in no route.
	ReasonNoLanes = "NoLanes"
	// ReasonBadCalendar (Partner Ready, Stalled): the time zone of spec.calendar is unknown; correct it.
	ReasonBadCalendar = "BadCalendar"

	// ReasonUnsettled (event on a ConfigMap of the manager's namespace): an Order went with its namespace before it was settled; the ConfigMap says what is open.
	ReasonUnsettled = "Unsettled"
	// ReasonSeveralDefaultClasses (event on an OrderClass): several are marked as default; the oldest is used.
	ReasonSeveralDefaultClasses = "SeveralDefaultClasses"
	// ReasonLedgerCurrent (StockItem Ready): the ledger is up to date.
	ReasonLedgerCurrent = "LedgerCurrent"
	// ReasonCountApplied (StockItem CountApplied): spec.count was applied.
	ReasonCountApplied = "CountApplied"
	// ReasonCountSuperseded (StockItem CountApplied): an older count than the last one; nothing changed.
	ReasonCountSuperseded = "CountSuperseded"
	// ReasonCountInFuture (StockItem CountApplied): takenAt is more than 5 minutes ahead.
	ReasonCountInFuture = "CountInFuture"
	// ReasonCountStale (StockItem CountApplied): older than the journal reaches; count again.
	ReasonCountStale = "CountStale"
	// ReasonUnitsMissing (StockItem RecountRequired): pickers did not find units; count again.
	ReasonUnitsMissing = "UnitsMissing"
	// ReasonCountBelowReserved (StockItem CountConflict, Ready, Stalled): less was counted than is promised.
	ReasonCountBelowReserved = "CountBelowReserved"
)
