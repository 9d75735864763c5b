package campaign

import (
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

// atProvider are the gateway's faults by the kinds of the campaign.
var atProvider = map[fault.Kind]gatewayfake.Fault{
	fault.NoCall: gatewayfake.TimeoutBefore, fault.NoAnswer: gatewayfake.TimeoutAfter, fault.Broken: gatewayfake.Error500Before,
	fault.Busy: gatewayfake.RateLimit, fault.BrokenAfter: gatewayfake.Error500After, fault.LateCall: gatewayfake.Late,
	fault.Undecided: gatewayfake.Pending, fault.Twice: gatewayfake.Pending, fault.Reordered: gatewayfake.Pending, fault.Forged: gatewayfake.Pending,
	fault.Declined: gatewayfake.Decline, fault.Expired: gatewayfake.Lapsed, fault.Pruned: gatewayfake.Pruned, fault.Hidden: gatewayfake.TimeoutAfter,
}

// byCallback are the kinds at which the provider calls back, and how.
var byCallback = map[fault.Kind]webhookfake.Delivery{
	fault.Twice: webhookfake.Twice, fault.Reordered: webhookfake.Queued, fault.Forged: webhookfake.Forged,
}

const (
	// lag is how long look-ups do not know a call at Hidden. It is longer than the wait
	// before the first look-up.
	lag = 2 * time.Second
	// decision is how long a provider takes that decides by itself and calls back.
	decision = 200 * time.Millisecond
)

// planCalls plans the faults at calls to the gateway.
func (s *stage) planCalls(faults []fault.Fault, w *fault.Wire) {
	s.world.Gateway.DecideAfter(1)
	for _, f := range faults {
		switch f.Kind {
		case fault.Declined:
			s.answer = scene.AnswerDeclines
		case fault.Expired:
			s.answer = scene.PayByHand
		case fault.Hidden:
			s.world.Gateway.Lag(lag)
		case fault.Twice, fault.Reordered, fault.Forged:
			s.world.Gateway.DecideAfter(0)
			s.world.Gateway.DecideIn(decision)
		}
	}
	s.world.Gateway.OnCall(func(send bool, n int) gatewayfake.Fault {
		point := fmt.Sprintf("lookup#%d", n)
		if send {
			point = fmt.Sprintf("send#%d", n)
		}
		return atProvider[struck(faults, w, point)]
	})
}

// struck is the kind of the fault at a call, "" for none: what a dead process had on its way
// does not arrive.
func struck(faults []fault.Fault, w *fault.Wire, point string) fault.Kind {
	if w.Dead() {
		return fault.NoCall
	}
	for _, f := range faults {
		if f.Point == point && !w.Reached(f) {
			w.Reach(f)
			if f.Kind == fault.CrashCalling {
				w.Crash()
			}
			return f.Kind
		}
	}
	return ""
}

// listen lets gateway and carrier call the manager back where a fault is one of callbacks, and
// says at which address the manager listens; "" for none.
func (s *stage) listen(faults []fault.Fault) (address string, err error) {
	for _, f := range faults {
		delivery, ok := byCallback[f.Kind]
		if !ok {
			continue
		}
		if address, err = freeAddress(); err != nil {
			return "", err
		}
		s.world.Gateway.CallBack(fmt.Sprintf("http://%s/payments/%s/retail/%s", address, s.world.Namespace, s.scene.Provider()), delivery)
		s.world.Carrier.CallBack(fmt.Sprintf("http://%s/carriers/%s/%s", address, s.world.Namespace, scene.Carrier), delivery)
	}
	return address, nil
}

// lastPort is the last one that was given to a manager. They are below those that
// systems give to connections, so that none of these takes one meanwhile.
var lastPort atomic.Int32

func init() { lastPort.Store(21000) }

func freeAddress() (string, error) {
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", lastPort.Add(1))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue // somebody has it
		}
		if err := l.Close(); err != nil {
			return "", fmt.Errorf("looking for a free port: %w", err)
		}
		return address, nil
	}
	return "", fmt.Errorf("looking for a free port: there is none up to %d", lastPort.Load())
}

// outboxes are where callbacks come from.
func (s *stage) outboxes() []*webhookfake.Outbox {
	return []*webhookfake.Outbox{s.world.Gateway.Outbox, s.world.Carrier.Outbox}
}

// deliver sends the callbacks that were kept back, the last first, once there are some
// or nothing else is left to be done.
func (s *stage) deliver(faults []fault.Fault, rest bool) {
	reordered := slices.ContainsFunc(faults, func(f fault.Fault) bool { return f.Kind == fault.Reordered })
	for _, outbox := range s.outboxes() {
		if waiting := outbox.Waiting(); reordered && (waiting > 1 || rest && waiting > 0) {
			outbox.Flush(slices.Reverse[[]webhookfake.Event])
		}
	}
}
