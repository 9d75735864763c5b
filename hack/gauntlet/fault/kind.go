// Package fault makes things go wrong at the seams between a manager and what is
// around it: each of its requests to the API server, its watches, its calls to
// payment providers, and its life as a process.
package fault

// Kind is one way in which things go wrong.
type Kind string

// Kinds at a write to the API server. The codes are those of the table in
// docs/reliability.md.
const (
	// Refused: the connection is refused, and nothing happens.
	Refused Kind = "K1"
	// Lost: the write is carried out, and its answer is lost.
	Lost Kind = "K2"
	// Conflict: 409, and nothing happens.
	Conflict Kind = "K3"
	// TooMany: 429 with a Retry-After of a second.
	TooMany Kind = "K4"
	// Unavailable: 500, and nothing happens.
	Unavailable Kind = "K5"
	// Forbidden: 403, as while permissions are changed.
	Forbidden Kind = "K6"
	// Vanished: 404, and nothing happens.
	Vanished Kind = "K7"
	// Late: the client gives up, and the write arrives a moment later.
	Late Kind = "K8"
	// Invalid: 422, as from a policy that is too strict for a moment.
	Invalid Kind = "K9"
	// TooLarge: 413, and nothing happens.
	TooLarge Kind = "K10"
	// CrashBefore: the process dies right before the write.
	CrashBefore Kind = "C1"
	// CrashAfter: the process dies right after the write.
	CrashAfter Kind = "C2"
	// CrashLate: the process dies, and the write arrives when its successor is at work.
	CrashLate Kind = "C6"
	// Stalled: the process stands still before the write until another one has done
	// all that there is to do, and then goes on beside it.
	Stalled Kind = "C6s"
)

// Kinds at a watch, from a write of the manager or of people on until the manager has
// made some more writes or comes to rest.
const (
	// Cut: every stream ends, and is opened again.
	Cut Kind = "W1"
	// Frozen: nothing is heard of one resource; then everything, in order.
	Frozen Kind = "W2"
	// Unseen: nothing is heard of one resource; then it is listed anew, so that what
	// it was in between is never seen.
	Unseen Kind = "W3"
	// Past: the process dies after the write, and its successor is told of one resource
	// as it was some versions ago, as by an API server that lags behind.
	Past Kind = "W6"
)

// Kinds at a call to a payment provider.
const (
	// NoCall: the connection is cut before the provider has the call.
	NoCall Kind = "X1"
	// NoAnswer: the provider carries the call out, and the answer is lost.
	NoAnswer Kind = "X2"
	// Broken: the provider answers 500, again and again for the same key, and has not
	// carried the call out.
	Broken Kind = "X3"
	// Busy: 429.
	Busy Kind = "X4"
	// BrokenAfter: the provider carries the call out and answers 500, again and again
	// for the same key.
	BrokenAfter Kind = "X11"
	// Twice: the provider decides later, and each callback comes twice.
	Twice Kind = "X5"
	// Reordered: the provider decides later, and the callbacks come late, the last first.
	Reordered Kind = "X6"
	// Undecided: the provider answers that it will decide later, does, and no callback
	// tells of it.
	Undecided Kind = "X7"
	// Forged: the provider decides later, and the callbacks are not its own.
	Forged Kind = "X8"
	// Declined: the provider says no, once.
	Declined Kind = "X9"
	// Expired: what was held has lapsed before the call.
	Expired Kind = "X10"
	// Pruned: the provider carries the call out, the answer is lost, and the key forgotten.
	Pruned Kind = "X12"
	// Hidden: the answer is lost, and look-ups do not know the call for a while.
	Hidden Kind = "X13"
	// LateCall: the connection is cut, and the call arrives later.
	LateCall Kind = "X15"
	// Insisted: the carrier does not take a booking back.
	Insisted Kind = "X16"
	// CrashCalling: the process dies after the call and before the answer.
	CrashCalling Kind = "C3"
)

// Kinds of what people do, each when an Order is in a phase.
const (
	// EditedBack: the Order is edited, and the edit is taken back at once.
	EditedBack Kind = "U1"
	// Deleted: the Order is deleted.
	Deleted Kind = "U2"
	// Stripped: the Order's finalizers are removed.
	Stripped Kind = "U3"
	// Stomped: labels are changed, and the owner of the Shipments is removed.
	Stomped Kind = "U4"
	// Orphaned: the Shipments of the Order are deleted.
	Orphaned Kind = "U5"
	// Emptied: the namespace is deleted.
	Emptied Kind = "U6"
	// Overwritten: somebody else removes the conditions from the status. What was frozen
	// there, such as the amounts, is a record, and cannot be found again.
	Overwritten Kind = "U7"
	// Paused: the Order is paused, and goes on a moment later.
	Paused Kind = "U9"
	// Forward: the clock of the manager and of people is an hour ahead from now on.
	Forward Kind = "U10+"
	// Backward: it is an hour behind.
	Backward Kind = "U10-"
)

// Kinds at the control plane, which everybody shares, each when an Order is in a phase.
const (
	// PlaneKilled: SIGKILL for the API server, and it is started again.
	PlaneKilled Kind = "P1"
	// StoreKilled: SIGKILL for etcd, and it is started again.
	StoreKilled Kind = "P2"
	// PlaneStopped: the API server stands still for some seconds.
	PlaneStopped Kind = "P3"
	// StoreStopped: etcd stands still for some seconds.
	StoreStopped Kind = "P4"
)

// Kinds at managers that are processes of their own, each when an Order is in a phase.
const (
	// Killed: SIGKILL, and another one is started.
	Killed Kind = "C5"
	// Zombie: the leader is stopped until another one leads, and then goes on.
	Zombie Kind = "C6z"
	// Double: two managers work from then on, and neither knows of the other.
	Double Kind = "C7"
)

// AtPlane are the kinds at the control plane.
func AtPlane() []Kind { return []Kind{PlaneKilled, StoreKilled, PlaneStopped, StoreStopped} }

// AtProcesses are the kinds at processes.
func AtProcesses() []Kind { return []Kind{Killed, Zombie, Double} }

// AtPhases are the kinds that are tried in every phase.
func AtPhases() []Kind {
	return []Kind{EditedBack, Deleted, Stripped, Stomped, Orphaned, Emptied, Overwritten, Paused, Forward, Backward}
}

// AtWrites are the kinds that are tried at every write.
func AtWrites() []Kind {
	return []Kind{Refused, Lost, Conflict, TooMany, Unavailable, Forbidden, Vanished, Late, Invalid, TooLarge, CrashBefore, CrashAfter, CrashLate, Stalled, Cut}
}

// AtReads are the kinds that are tried at every read that asks the API server itself.
func AtReads() []Kind { return []Kind{Refused, TooMany, Unavailable} }

// AtWatches are the kinds that are tried at every write for every watched resource.
func AtWatches() []Kind { return []Kind{Frozen, Unseen, Past} }

// AtSteps are the kinds that are tried for every watched resource at everything that
// people do in a scene.
func AtSteps() []Kind { return []Kind{Frozen, Unseen} }

// AtSends are the kinds that are tried at every call that has an effect.
func AtSends() []Kind {
	return []Kind{
		NoCall, NoAnswer, Broken, Busy, Twice, Reordered, Undecided, Forged, Declined, Expired, BrokenAfter, Pruned, Hidden, LateCall, CrashCalling,
	}
}

// AtLookUps are the kinds that are tried at every look-up at a provider.
func AtLookUps() []Kind { return []Kind{NoCall, Broken, Busy, CrashCalling} }

// AtBookings are the kinds that are tried at every booking of a carrier.
func AtBookings() []Kind {
	return []Kind{NoCall, NoAnswer, Broken, Busy, Twice, Reordered, Undecided, Forged, Declined, BrokenAfter, LateCall, CrashCalling}
}

// AtVoids are the kinds that are tried where a booking is taken back.
func AtVoids() []Kind {
	return []Kind{NoCall, NoAnswer, Broken, Busy, BrokenAfter, Insisted, CrashCalling}
}

// Crash says whether a kind ends the process.
func (k Kind) Crash() bool {
	return k == CrashBefore || k == CrashAfter || k == CrashLate || k == CrashCalling || k == Past
}

// Deletes says whether a kind has Orders deleted, so that they go before their end.
func (k Kind) Deletes() bool { return k == Deleted || k == Emptied }
