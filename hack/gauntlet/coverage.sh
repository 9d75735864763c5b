#!/usr/bin/env bash
# Run the campaign's sample with a build that counts, and tell which branches for errors
# of the controllers were taken.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
counts=out/coverage
rm -rf "$counts"
mkdir -p "$counts"
# Only a program that is counted itself writes down what it has counted.
go build -cover -covermode=atomic -coverpkg=./controllers/...,./hack/gauntlet -o bin/gauntlet-counting ./hack/gauntlet
GOCOVERDIR="$counts" bin/gauntlet-counting run --tier pr --fresh --out "$counts/results"
go tool covdata textfmt -i "$counts" -o "$counts/profile.txt"
bin/gauntlet coverage "$counts/profile.txt"
