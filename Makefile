# Two commands are all a new user needs: `make demo` and `make test`.
# Everything here runs on an ordinary Linux machine with cargo (rustup), a C compiler, make and git.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
# Options for `make demo`, e.g. ARGS=--once, and `make chaos`
ARGS ?=
# Python for the peers that `make bench` measures against; a folder of its own, nothing is installed elsewhere.
BENCH_VENV := target/bench-venv
# The same for tests.
TEST_VENV := target/test-venv

# How many schedules `make simulation` explores
SCHEDULES ?= 100000

.PHONY: help build demo test chaos services services-stop onnxruntime check bench bench-quick statistics simulation fuzz clean prerequisites

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

prerequisites:
	@scripts/prerequisites.sh

build: prerequisites ## Build the clutch binary (target/release/clutch)
	$(CARGO) build --release --locked

demo: build ## Simulate, train, serve, replay a game and watch it (ARGS=--once ends by itself)
	target/release/clutch demo $(ARGS)

test: prerequisites ## Run every test, with real services started for them; Python's packages come from PyPI
	@scripts/browser.sh
	@scripts/python.sh $(TEST_VENV) tests/python/requirements.txt
	scripts/services.sh run $(CARGO) test --workspace --locked

chaos: build ## Kill workers, broker and Redis a hundred times under 200,000 real plays, and check every prediction (ARGS=--seed 7)
	@scripts/python.sh $(TEST_VENV) tests/python/requirements.txt
	@scripts/services.sh install
	$(TEST_VENV)/bin/python tests/chaos/chaos.py --binary target/release/clutch $(ARGS)

services: ## Start the real services that streams can run on (Apache Kafka, Redis, PostgreSQL); .clutch/services/env has their addresses
	@scripts/services.sh start

services-stop: ## Stop them
	@scripts/services.sh stop

onnxruntime: ## Fetch ONNX Runtime from PyPI, for models brought from outside (for every project; PROJECT=folder: for that one)
	@scripts/onnxruntime.sh $(PROJECT)

check: prerequisites ## Format, lints as errors, docs; names and skips what this machine lacks
	@scripts/check.sh

bench: build onnxruntime $(BENCH_VENV)/ready ## Measure, with peers and limits in the same run
	CLUTCH_PYTHON=$(abspath $(BENCH_VENV))/bin/python scripts/bench.sh

$(BENCH_VENV)/ready: benches/peers/requirements.txt benches/peers/spark.pom.xml
	python3 -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/pip install --quiet --disable-pip-version-check -r benches/peers/requirements.txt
	scripts/spark.sh $(BENCH_VENV)
	touch $@

statistics: prerequisites ## Play out experiments by the thousand: what the table in docs/experiments.md says
	$(CARGO) bench --quiet --locked -p models --features test-support --bench statistics

simulation: prerequisites ## Explore SCHEDULES (100000) random schedules of crashes, zombies and fail-overs of the protocol
	CLUTCH_SCHEDULES=$(SCHEDULES) $(CARGO) test --release --locked -p serving --lib worker::simulation::schedules -- --nocapture

fuzz: ## Feed hostile input to what reads it, FUZZ_SECONDS (60) per target; needs a nightly compiler
	@scripts/fuzz.sh

clean: ## Remove what was built
	$(CARGO) clean
