package campaign

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/history"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
	"ordercycle.dev/ordercycle/hack/testenv"
	"ordercycle.dev/ordercycle/hack/testenv/carrierfake"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

// stage is where one plan is played: a namespace, a gateway, and a manager that sees
// nothing else, life after life.
type stage struct {
	env   *testenv.Env
	calls *Calls
	scene *scene.Scene
	world *scene.World
	log   journal

	// answer is what people do about a call that came to nothing, nil where none does.
	answer    func(*scene.World) error
	processes *processes
	rival     *rival
	// later is what people do next, because of what they did.
	later []func() error
	// held is closed when what the life before has sent may arrive, nil if it has.
	held chan struct{}
	// next is the step of the scene that is due.
	next int
	// sent are the writes of all lives.
	sent points
	// asked are the calls to the carrier of all lives.
	asked points
	// lives are the transports of the manager's lives so far.
	lives []*fault.Wire
}

// journal is what the managers of a run have logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// points are writes, in the order in which they were sent.
type points struct {
	mu   sync.Mutex
	list []string
}

func (p *points) add(point string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, point)
}

func (p *points) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clip(p.list)
}

// setUp makes a stage for a scene.
func setUp(ctx context.Context, env *testenv.Env, calls *Calls, s *scene.Scene) (*stage, error) {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "gauntlet-"}}
	if err := env.Client.Create(ctx, ns); err != nil {
		return nil, fmt.Errorf("making a namespace: %w", err)
	}
	h, err := history.Record(ctx, env.Client, env.Etcd(), ns.Name)
	if err != nil {
		return nil, err
	}
	gateway, carrier := gatewayfake.Start(), carrierfake.Start()
	context.AfterFunc(ctx, gateway.Close)
	context.AfterFunc(ctx, carrier.Close)
	carrier.Deliver()
	return &stage{
		env: env, calls: calls, scene: s,
		world: &scene.World{Context: ctx, Namespace: ns.Name, Client: env.Client, Gateway: gateway, Carrier: carrier, History: h, Clock: &fault.Clock{}},
	}, nil
}

// begin starts a life of the manager. stop ends it and waits for its end, and synced is
// closed when it has heard of all there is.
func (s *stage) begin(ctx context.Context, w *fault.Wire, faults []fault.Fault) (stop func() error, synced <-chan struct{}, err error) {
	s.lives = append(s.lives, w)
	w.Seen, w.Sent = s.calls.Add, s.sent.add
	callbacks, err := s.listen(faults)
	if err != nil {
		return nil, nil, err
	}
	o := controllers.Options{
		Namespace: testenv.ManagerNamespace, Installation: "gauntlet", Workers: 2, Clock: s.world.Clock, AllowedHosts: []string{"127.0.0.1"}, Wrap: w.Wrap,
		CallbackAddress: callbacks,
		Manager: manager.Options{
			Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
			Logger: logr.FromSlogHandler(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Cache:  cache.Options{DefaultNamespaces: map[string]cache.Config{s.world.Namespace: {}}},
		},
	}
	o.Manager.Controller.SkipNameValidation = new(true)
	o.Manager.GracefulShutdownTimeout = new(5 * time.Second)
	ctx, cancel := context.WithCancel(ctx)
	c := rest.CopyConfig(s.env.Manager)
	c.QPS = -1
	mgr, err := controllers.NewManager(ctx, c, o)
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("making a manager: %w", err)
	}
	heard := make(chan struct{})
	go func() {
		if mgr.GetCache().WaitForCacheSync(ctx) {
			close(heard)
		}
	}()
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	return func() error {
		cancel()
		err := <-ended
		w.Crash() // whatever it left behind reaches nobody any more
		return err
	}, heard, nil
}

// release lets what the life before has sent arrive.
func (s *stage) release() {
	if s.held != nil {
		close(s.held)
		s.held = nil
	}
}

// step does what people do, if it is time; it says whether all has been done.
func (s *stage) step(faults []fault.Fault, w *fault.Wire) (done bool, err error) {
	if s.next == len(s.scene.Steps) {
		return true, nil
	}
	step := s.scene.Steps[s.next]
	if step.When != nil && !step.When(s.world) {
		return false, nil
	}
	for _, f := range faults {
		if f.Point == stepPoint(s.next) && !w.Reached(f) {
			w.Freeze(f)
		}
	}
	if err := step.Do(s.world); err != nil {
		return false, err
	}
	s.next++
	return s.next == len(s.scene.Steps), nil
}

// stepPrefix begins the points of what people do.
const stepPrefix = "step#"

// stepPoint is the point of what people do, from 0.
func stepPoint(n int) string { return fmt.Sprint(stepPrefix, n+1) }

// written are the writes that the managers have sent so far, in order; of processes of
// their own, what has been stored.
func (s *stage) written() []string {
	if s.processes != nil {
		var names []string
		for _, v := range s.world.History.Versions() {
			names = append(names, v.Object.GetName())
		}
		return names
	}
	return s.sent.all()
}

// writtenButEvents are the same without events.
func (s *stage) writtenButEvents() []string {
	return slices.DeleteFunc(slices.Clone(s.written()), func(point string) bool { return strings.Contains(point, " events ") })
}

// events are those of the namespace.
func (s *stage) events(ctx context.Context) ([]eventsv1.Event, error) {
	var list eventsv1.EventList
	if err := s.env.Client.List(ctx, &list, client.InNamespace(s.world.Namespace)); err != nil {
		return nil, fmt.Errorf("listing the events: %w", err)
	}
	return list.Items, nil
}
