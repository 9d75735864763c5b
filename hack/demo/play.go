package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

const namespace = "default"

// deed is what one of the people does whom the samples wait for: when an order
// gets into a phase, a file is applied.
type deed struct {
	order string
	phase v1.OrderPhase
	says  string
	args  []string
}

func deeds(samples string) []deed {
	later := filepath.Join(samples, "quickstart-later")
	return []deed{
		{backordered, v1.OrderBackordered, "the warehouse counts a delivery in: restock.yaml",
			[]string{"apply", "--server-side", "-f", filepath.Join(later, "restock.yaml")}},
		{cashOnDelivery, v1.OrderDelivered, "finance records the cash that the driver brought: cash.yaml",
			[]string{"apply", "--server-side", "--field-manager=finance-cash-1", "-f", filepath.Join(later, "cash.yaml")}},
	}
}

// money are the columns that tell what each order came to, in minor units.
const money = "custom-columns=NAME:.metadata.name,PAYMENT:.status.payment.state,CAPTURED:.status.amounts.captured,REFUNDED:.status.amounts.refunded," +
	"REVENUE:.status.settlement.revenue,FEES:.status.settlement.fees,PROFIT:.status.settlement.profit"

// play applies the samples, shows how the orders move, and plays the people,
// until every order is Completed.
func play(ctx context.Context, s *stage) error {
	config, err := s.config()
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1.AddToScheme(scheme)); err != nil {
		return fmt.Errorf("registering the kinds: %w", err)
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	samples := filepath.Join(s.root, "config", "samples")
	say("kubectl apply --server-side -k config/samples/quickstart")
	if err := s.kubectl(ctx, "apply", "--server-side", "-k", filepath.Join(samples, "quickstart")); err != nil {
		return err
	}
	if err := follow(ctx, s, c, deeds(samples)); err != nil {
		return err
	}
	fmt.Println()
	for _, args := range [][]string{{"get", "orders"}, {"get", "orders", "-o", money}, {"get", "stockitems"}, {"get", "shipments"}} {
		out, err := s.output(ctx, args...)
		if err != nil {
			return fmt.Errorf("kubectl get: %w\n%s", err, out)
		}
		fmt.Printf("$ kubectl %s\n%s\n", strings.Join(args, " "), out)
	}
	if err := s.audit(ctx); err != nil {
		return err
	}
	return reportWrites(ctx, s, c)
}

// follow watches the orders and prints each change of phase.
func follow(ctx context.Context, s *stage, c client.WithWatch, deeds []deed) error {
	began := time.Now()
	w, err := c.Watch(ctx, &v1.OrderList{}, client.InNamespace(namespace))
	if err != nil {
		return fmt.Errorf("watching the orders: %w", err)
	}
	defer w.Stop()
	phases := map[string]v1.OrderPhase{}
	done := make([]bool, len(deeds))
	for {
		var o *v1.Order
		select {
		case <-ctx.Done():
			return unfinished(phases, ctx.Err())
		case event, open := <-w.ResultChan():
			if !open {
				return errors.New("watching the orders: the API server ended the watch")
			}
			var ok bool
			if o, ok = event.Object.(*v1.Order); !ok {
				continue
			}
		}
		if o.Status.Phase == phases[o.Name] && o.Status.Phase != "" {
			continue
		}
		phases[o.Name] = o.Status.Phase
		if o.Status.Phase == "" {
			continue
		}
		show(time.Since(began), o)
		for i, d := range deeds {
			if d.order == o.Name && d.phase == o.Status.Phase && !done[i] {
				done[i] = true
				say("%s", d.says)
				if err := s.kubectl(ctx, d.args...); err != nil {
					return err
				}
			}
		}
		if allCompleted(phases) {
			return nil
		}
	}
}

func show(elapsed time.Duration, o *v1.Order) {
	var shipped, total, message string
	if o.Status.Items != nil {
		shipped = o.Status.Items.Shipped
	}
	if o.Status.Amounts != nil {
		total = o.Status.Amounts.Display
	}
	if ready := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionReady); ready != nil {
		message = ready.Message
	}
	fmt.Printf("%6.1fs  %-16s %-12s shipped %-6s %12s  %s\n", elapsed.Seconds(), o.Name, o.Status.Phase, shipped, total, message)
}

func allCompleted(phases map[string]v1.OrderPhase) bool {
	if len(phases) < orders {
		return false
	}
	for _, p := range phases {
		if p != v1.OrderCompleted {
			return false
		}
	}
	return true
}

func unfinished(phases map[string]v1.OrderPhase, cause error) error {
	text := ""
	for name, p := range phases {
		if p != v1.OrderCompleted {
			text += fmt.Sprintf(" %s is %s;", name, p)
		}
	}
	return fmt.Errorf("not every order was completed in time:%s %w", text, cause)
}
