# `make help` lists the targets. Everything that is built goes to bin/.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

IMG ?= ghcr.io/ordercycle/manager:latest
CONTROLLER_GEN := bin/tools/controller-gen
GOLANGCI_LINT := bin/tools/golangci-lint
# The local kubectl where it was built, else the one of the machine.
KUBECTL ?= $(or $(wildcard bin/k8s/kubectl),kubectl)
export GOFLAGS += -buildvcs=false

##@ Use

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: k8s build ## Run six orders through their whole cycle on a local control plane; KEEP=1 leaves it running
	@go run ./hack/demo $(if $(KEEP),--keep)

.PHONY: demo-stop
demo-stop: ## Stop what KEEP=1 make demo left running
	@go run ./hack/demo --stop

.PHONY: install
install: ## Install the CRDs into the cluster of the current kubeconfig
	$(KUBECTL) apply --server-side -k config/crd

.PHONY: deploy
deploy: ## Install everything, with the image IMG, into the cluster of the current kubeconfig
	hack/deploy.sh $(KUBECTL) $(IMG)

.PHONY: docker-build
docker-build: ## Build the image IMG with docker
	docker build -t $(IMG) .

##@ Develop

.PHONY: k8s
k8s: ## Build etcd, kube-apiserver, kube-controller-manager and kubectl into bin/k8s, once (about 14 minutes)
	@hack/k8s/build.sh

.PHONY: build
build: ## Build the manager and the local control plane's command into bin/
	@go build -o bin/manager ./cmd
	@go build -o bin/localplane ./hack/localplane

.PHONY: test
test: k8s ## Run all tests, unit and API server
	@hack/tools/build.sh stripe-mock
	go test -timeout 20m ./...

.PHONY: e2e
e2e: k8s ## Run the tests that see the manager as its own process: the demo, and a manager that is killed again and again
	go test -count=1 -v -timeout 20m -run 'TestDemo|TestKilledManager|TestManagerProcess' ./hack/demo ./controllers

.PHONY: fuzz
fuzz: ## Fuzz every parser, rule and calculation, FUZZTIME (10s) each
	@hack/fuzz.sh

TIER ?= pr
.PHONY: gauntlet
gauntlet: k8s ## Let things go wrong and judge what happens: TIER=pr (minutes), full (an hour and a half, goes on where it was unless FRESH=1), process, plane, mutants (goes on as well), coverage
	@go build -buildvcs=false -o bin/gauntlet ./hack/gauntlet
	@$(if $(filter coverage,$(TIER)),hack/gauntlet/coverage.sh,bin/gauntlet $(if $(filter mutants,$(TIER)),mutants,run --tier $(TIER)) $(if $(FRESH)$(filter pr,$(TIER)),--fresh))

.PHONY: generate
generate: ## Generate deep copies and apply configurations
	@hack/tools/build.sh controller-gen
	$(CONTROLLER_GEN) object applyconfiguration paths=./api/v1alpha1

.PHONY: manifests
manifests: ## Generate CRDs and RBAC
	@hack/tools/build.sh controller-gen
	$(CONTROLLER_GEN) crd paths=./api/v1alpha1 output:crd:dir=config/crd/bases
	$(CONTROLLER_GEN) rbac:roleName=ordercycle-manager paths='{./controllers/...,./cmd/...}' output:rbac:dir=config/rbac

.PHONY: lint
lint: ## Lint the code
	@hack/tools/build.sh golangci-lint
	$(GOLANGCI_LINT) run

.PHONY: verify
verify: ## Check that generated files are current, the code is clean and the tree has no leftovers
	@hack/verify.sh
