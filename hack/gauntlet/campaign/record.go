package campaign

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
)

// record is all that is known of a run.
type record struct{ run judge.Run }

func (s *stage) gather(ctx context.Context, end ending) (*record, error) {
	events, err := s.events(ctx)
	if err != nil {
		return nil, err
	}
	books, ledger, err := s.books(ctx)
	if err != nil {
		return nil, err
	}
	return &record{judge.Run{
		Versions: s.world.History.Versions(), Ledger: append(s.world.Gateway.Ledger(), ledger...), Misused: s.world.Gateway.Misused(), Callbacks: append(s.world.Gateway.Callbacks(), s.world.Carrier.Callbacks()...),
		Booked: s.world.Carrier.Ledger(), Requests: s.world.Gateway.Requests(), Events: events, Log: s.log.String(), Books: books,
		Canaries: scene.Canaries(s.world.Gateway, s.world.Carrier), Missing: end.missing, Writes: len(s.written()), LateWrites: end.late,
	}}, nil
}

// save writes a record into a directory, for a person to read.
func (r *record) save(dir string, result *Result) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("making a directory for a record: %w", err)
	}
	history, err := os.Create(filepath.Join(dir, "history.ndjson"))
	if err != nil {
		return fmt.Errorf("writing a record: %w", err)
	}
	defer history.Close()
	e := json.NewEncoder(history)
	for _, v := range r.run.Versions {
		if err := e.Encode(v); err != nil {
			return fmt.Errorf("writing the history: %w", err)
		}
	}
	for name, content := range map[string]any{
		"ledger.json": r.run.Ledger, "bookings.json": r.run.Booked, "result.json": result, "events.json": r.run.Events, "callbacks.json": r.run.Callbacks,
		"requests.json": r.run.Requests, "late.json": r.run.LateWrites, "reference.json": r.run.Reference,
	} {
		text, err := json.MarshalIndent(content, "", "  ")
		if err != nil {
			return fmt.Errorf("encoding %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "manager.log"), []byte(r.run.Log), 0o600); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	return nil
}
