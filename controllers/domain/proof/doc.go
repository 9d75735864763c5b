// Package proof shows that stock cannot be oversold. It has no code of its own: its
// tests interleave, step by step and in every order, two stock controllers, the
// controllers of Shipments and Orders, people, crashes and old caches, over the
// real functions of packages ledger, allocation, fulfilment and lifecycle, and
// look at every state that can come about.
//
// The same search is run over broken variants, each without one rule of the
// ledger; it must find the counter-example of each. docs/why-stock-is-right.md tells
// them one by one.
package proof
