package carrierfake

// Fault is what goes wrong with one call.
type Fault string

// Faults of a carrier.
const (
	// None lets a call be.
	None Fault = ""
	// TimeoutBefore cuts the connection before anything has happened.
	TimeoutBefore Fault = "TimeoutBefore"
	// TimeoutAfter has the effect, and cuts the connection before the answer.
	TimeoutAfter Fault = "TimeoutAfter"
	// Error500Before answers 500 without an effect.
	Error500Before Fault = "Error500Before"
	// Error500After has the effect and answers 500.
	Error500After Fault = "Error500After"
	// RateLimit answers 429 without an effect.
	RateLimit Fault = "RateLimit"
	// Refuse refuses a booking.
	Refuse Fault = "Refuse"
	// Pending accepts a booking and leaves it undecided: see Decide.
	Pending Fault = "Pending"
	// Late cuts the connection, and the booking arrives a moment after that, or when it
	// is sent again.
	Late Fault = "Late"
	// Keep answers 200 to a void, and the booking stays booked.
	Keep Fault = "Keep"
)

// Verb is a kind of call.
type Verb string

// Kinds of calls.
const (
	Book   Verb = "PUT"
	Lookup Verb = "GET"
	Void   Verb = "DELETE"
	Scans  Verb = "SCANS"
)

// faults says which fault is next.
type faults struct {
	planned map[Verb][]Fault
	decide  func(v Verb, n int) Fault
	count   map[Verb]int
}

// Fail plans the faults of the next calls of a kind, one for each; None skips one.
func (c *Carrier) Fail(v Verb, planned ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults.planned == nil {
		c.faults.planned = map[Verb][]Fault{}
	}
	c.faults.planned[v] = append(c.faults.planned[v], planned...)
}

// OnCall lets decide say what goes wrong with each call, of which it is told the kind and
// how many of its kind there have been, from 1. It must not call the carrier.
func (c *Carrier) OnCall(decide func(v Verb, n int) Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults.decide, c.faults.count = decide, map[Verb]int{}
}

// draw is the fault of a call: what OnCall says, or else the planned one.
func (f *faults) draw(method string) Fault {
	v := Verb(method)
	if f.decide != nil {
		f.count[v]++
		if fault := f.decide(v, f.count[v]); fault != None {
			return fault
		}
	}
	planned := f.planned[v]
	if len(planned) == 0 {
		return None
	}
	f.planned[v] = planned[1:]
	return planned[0]
}
