# One target per task; `make` alone lists them. All that is needed beforehand is a Rust toolchain,
# Python 3.11 or later with pip and venv, and the package registries.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Interpreters beside $(PYTHON) that the tests are run on where they are there.
OTHER_PYTHONS ?= $(shell sh tests/find_pythons.sh $(PYTHON))
# The toolchain of what only nightly Rust has: sanitizers, and the coverage that fuzzing goes by.
NIGHTLY ?= nightly
# How long each fuzz target of the core runs.
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help demo test build lint types test-core test-python test-others test-packages \
	test-matrix sanitize valgrind fuzz fuzz-core bench bench-core wheel sdist format clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: build  ## Set up, build, and show the module at work on real exporters
	$(BIN)/python examples/demo.py

test: lint types test-core test-python test-others test-packages  ## Set up, build, run every test, lint and type check
	@echo "all tests passed"

# --- Setting up and building -------------------------------------------------------------------

$(VENV)/ready: tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement tests/requirements.txt
	touch $@

build: $(VENV)/ready  ## Build the module and install it into .venv
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --release --quiet

# --- Checks ------------------------------------------------------------------------------------

lint: $(VENV)/ready  ## Formatting and lints of both languages
	cargo fmt --check
	cargo clippy --quiet --all-targets -- --deny warnings
	PYO3_PYTHON=$(abspath $(BIN)/python) cargo clippy --quiet --all-targets --features extension -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' PYO3_PYTHON=$(abspath $(BIN)/python) cargo doc --quiet --no-deps --features python
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --quiet .

types: build  ## Type checks of the stub, and of the stub against the module
	$(BIN)/mypy
	$(BIN)/basedpyright
	MYPYPATH= $(BIN)/python -m mypy.stubtest consumer --allowlist tests/typing/stubtest-allowlist.txt

test-core:  ## Tests of the core, which needs no Python
	cargo test --quiet

test-python: build  ## Tests of the module on $(PYTHON)
	$(BIN)/python -m pytest --quiet
	PATH=$(abspath $(BIN)):$$PATH PYO3_PYTHON=$(abspath $(BIN)/python) cargo test --quiet --features python --doc python

test-others: $(VENV)/ready  ## Tests of the module on the other interpreters that are there
	@for python in $(OTHER_PYTHONS); do sh tests/run_on.sh $$python || exit 1; done

test-packages: $(VENV)/ready  ## Whether the wheel, the sdist and pip install each give a whole package
	sh tests/check_packages.sh $(abspath $(BIN))

test-matrix: build  ## Tests of the exporters of some 30 packages, which it installs into .venv
	$(BIN)/python -m pip install --quiet --requirement tests/requirements-matrix.txt
	$(BIN)/python -m pytest --quiet tests/test_matrix.py

# --- Tools that look deeper, and take longer ----------------------------------------------------

sanitize: $(VENV)/ready  ## All tests under AddressSanitizer (needs nightly Rust and GCC)
	NIGHTLY=$(NIGHTLY) sh tests/sanitize.sh $(abspath $(BIN)/python)

valgrind: $(VENV)/ready  ## Tests of the module under valgrind
	sh tests/valgrind.sh $(abspath $(BIN)/python)

# New inputs go under target/; tests/core/fuzzed/mod.rs says how the best of them are kept.
fuzz-core:  ## Fuzz the core for FUZZ_SECONDS per target (needs nightly Rust)
	@command -v cargo-fuzz > /dev/null || cargo install --quiet --locked cargo-fuzz
	@for target in format layout; do \
		mkdir -p target/corpus/$$target; \
		cargo +$(NIGHTLY) fuzz run $$target target/corpus/$$target fuzz/corpus/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -max_len=256 -timeout=20 || exit 1; \
	done

# How many cases, and from which number on; without SEED from a random one, which is printed.
CASES ?= 100000
FUZZ = tests/differential.py --cases $(CASES) $(if $(SEED),--seed $(SEED))

fuzz: build  ## Compare CASES random exporters (from SEED on) with other oracles, on every interpreter
	$(BIN)/python $(FUZZ)
	@for python in $(OTHER_PYTHONS); do sh tests/run_on.sh $$python $(FUZZ) || exit 1; done

# --- Benchmarks --------------------------------------------------------------------------------

# Options, such as --quick or --only PATTERN.
BENCH ?=

bench: build  ## The module against its peers
	$(BIN)/python benches/peers.py $(BENCH)

bench-core:  ## The core's own benchmarks (criterion)
	cargo bench --bench core

# --- Packages ----------------------------------------------------------------------------------

wheel: $(VENV)/ready  ## Build a wheel into dist/
	$(BIN)/maturin build --release --out dist --interpreter $(BIN)/python

sdist: $(VENV)/ready  ## Build a source distribution into dist/
	$(BIN)/maturin sdist --out dist

format: $(VENV)/ready  ## Format both languages
	cargo fmt
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --quiet .

clean:  ## Remove what was built
	rm -rf target fuzz/target dist $(VENV) .venv-*
