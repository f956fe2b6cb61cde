# One target per task; `make` alone lists them. All that is needed beforehand is a Rust toolchain,
# Python 3.11 or later with pip and venv, and the package registries. CONTRIBUTING.md tells which
# target is for what.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Interpreters beside $(PYTHON) that the tests are run on where they are there.
OTHER_PYTHONS ?= $(shell sh tests/tools/find_pythons.sh $(PYTHON))
# The toolchain of what only nightly Rust has: sanitizers, and the coverage that fuzzing goes by.
NIGHTLY ?= nightly
# How long each fuzz target of the core runs.
FUZZ_SECONDS ?= 60
# What pytest is to do instead of running all tests, such as "-k name": see test-python.
ARGS :=

MATURIN_DEVELOP := VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test plan setup rust build dev lint types test-core test-python test-others test-extension \
	test-packages test-matrix test-machines sanitize races valgrind fuzz sweep fuzz-core bench bench-core bench-extension \
	wheel sdist format clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: build  ## Set up, build, and show the module at work on real exporters
	@echo "==> examples/demo.py"
	@$(BIN)/python examples/demo.py

test: plan lint types test-core test-python test-others test-extension test-packages  ## Set up, build, run every test, lint and type check, on every Python that is found
	@echo "==> all tests passed"

# An interpreter costs a build and a run of the tests: OTHER_PYTHONS= leaves all others out.
plan: | setup
	@echo "==> the module is built and tested on $(PYTHON), and on each other Python that is found:"
	@for python in $(or $(OTHER_PYTHONS),none); do echo "      $$python"; done
	@echo "    (some 5 minutes for each; OTHER_PYTHONS= leaves them out)"

# --- Setting up and building -------------------------------------------------------------------

# Both say at once what is missing or too old.
setup:
	@sh tests/tools/check_setup.sh $(PYTHON) $(VENV)

rust:
	@sh tests/tools/check_setup.sh

$(VENV)/ready: tests/requirements.txt | setup
	@echo "==> installing the tools that are needed into $(VENV) (about 1 minute)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement tests/requirements.txt
	touch $@

# Always the module that is shipped: `make dev` leaves another in its place.
build: $(VENV)/ready  ## Build the module as it is shipped and install it into .venv
	@echo "==> building the module (release, about 2 minutes after a change)"
	$(filter-out --quiet,$(MATURIN_DEVELOP)) --release

dev: $(VENV)/ready  ## The same within seconds after a change, less optimised
	@echo "==> building the module (fast, some seconds after a change)"
	$(MATURIN_DEVELOP) --profile fast

# --- Checks ------------------------------------------------------------------------------------

lint: $(VENV)/ready  ## Formatting and lints of both languages, with every set of features
	@echo "==> checking formatting and lints (about 2 minutes at first)"
	cargo fmt --all --check
	PYO3_PYTHON=$(abspath $(BIN)/python) $(BIN)/python tests/tools/lint_features.py
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --quiet .
	$(BIN)/zizmor --offline --quiet --no-progress --strict-collection --persona pedantic .

types: build  ## Type checks of the stub, of the stub against the module, and of the snippets in README and docs
	@echo "==> checking types"
	$(BIN)/mypy
	$(BIN)/basedpyright
	$(BIN)/python tests/tools/check_snippets.py
	MYPYPATH= $(BIN)/python -m mypy.stubtest consumer --allowlist tests/typing/stubtest-allowlist.txt

test-core: | rust  ## Tests of the library, which need no Python
	@echo "==> testing the library (about 2 minutes)"
	cargo test --quiet

test-python: $(if $(ARGS),dev,build)  ## Tests of the module on $(PYTHON); with ARGS="-k name" some, on the fast build
	@echo "==> testing the module on $$($(BIN)/python --version)$(if $(ARGS),, (about 2 minutes))"
	$(BIN)/python -m pytest --quiet $(ARGS)
ifeq ($(ARGS),)
	PATH=$(abspath $(BIN)):$$PATH PYO3_PYTHON=$(abspath $(BIN)/python) cargo test --quiet --features ndarray --doc -- python extension
endif

test-others: $(VENV)/ready  ## Tests of the module on the other interpreters that are there
	@for python in $(OTHER_PYTHONS); do sh tests/tools/run_on.sh $$python || exit 1; done

# On the interpreters that test-others has made venvs for, too.
test-extension: build  ## Build examples/extension for one and for all Pythons, and run its tests
	@echo "==> building and testing the extension (about 3 minutes)"
	sh tests/tools/extension.sh $(abspath $(BIN)/python) \
		$$(ls -d $(abspath .)/.venv-*/bin/python 2> /dev/null)

test-packages: $(VENV)/ready  ## Whether the wheel, the sdist and pip install each give a whole package
	@echo "==> building and installing the packages (about 5 minutes)"
	sh tests/tools/check_packages.sh $(abspath $(BIN))

test-matrix: build  ## Tests of the exporters of some 30 packages, which it installs into .venv
	$(BIN)/python -m pip install --quiet --requirement tests/requirements-matrix.txt
	$(BIN)/python -m pytest --quiet tests/python/matrix

# Other processors, and the folder for what Debian has for them (3 GB); an empty one is the default.
MACHINES ?= s390x aarch64
CACHE ?=

test-machines:  ## Tests on other processors, s390x (big-endian) and aarch64, which QEMU emulates
	CACHE="$(CACHE)" sh tests/tools/machines/run.sh "$(MACHINES)" $(ARGS)

# --- Tools that look deeper, and take longer ----------------------------------------------------

sanitize: $(VENV)/ready  ## All tests under AddressSanitizer (needs nightly Rust and GCC)
	NIGHTLY=$(NIGHTLY) sh tests/tools/sanitize.sh $(abspath $(BIN)/python)

races: build  ## Threads that use and end arrays of examples/extension, under ThreadSanitizer
	NIGHTLY=$(NIGHTLY) sh tests/tools/races.sh $(abspath $(BIN)/python)

valgrind: $(VENV)/ready  ## Tests of the module under valgrind
	sh tests/tools/valgrind.sh $(abspath $(BIN)/python)

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
FUZZ = tests/python/fuzz.py --cases $(CASES) $(if $(SEED),--seed $(SEED))

fuzz: build  ## Compare CASES random exporters (from SEED on) with other oracles, on every interpreter
	$(BIN)/python $(FUZZ)
	@for python in $(OTHER_PYTHONS); do sh tests/tools/run_on.sh $$python $(FUZZ) || exit 1; done

# How long each sweep runs, on each interpreter; NAMES="name …" chooses among them.
SECONDS ?= 60
NAMES ?=
SWEEP = tests/python/sweep.py $(NAMES) --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

sweep: build  ## Look for faults of known kinds with random inputs, SECONDS for each kind
	$(BIN)/python $(SWEEP)
	@for python in $(OTHER_PYTHONS); do sh tests/tools/run_on.sh $$python $(SWEEP) || exit 1; done

# --- Benchmarks --------------------------------------------------------------------------------

# Options, such as --quick or --only PATTERN.
BENCH ?=

bench: build  ## The module against its peers
	@echo "==> measuring; nothing else should run meanwhile"
	$(BIN)/python benches/peers.py $(BENCH)

bench-extension: $(VENV)/ready  ## What arguments and results of examples/extension cost, next to PyO3's and NumPy's
	@echo "==> building and measuring; nothing else should run meanwhile"
	CARGO_TARGET_DIR=$(abspath target/extension) $(BIN)/maturin build --quiet --release --features peers \
		--manifest-path examples/extension/Cargo.toml --interpreter $(BIN)/python \
		--out target/extension/bench/wheel
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target target/extension/bench/site \
		target/extension/bench/wheel/*.whl
	PYTHONPATH=target/extension/bench/site $(BIN)/python examples/extension/costs.py $(BENCH)

bench-core:  ## The core's own benchmarks (criterion)
	cargo bench --bench core

# --- Packages ----------------------------------------------------------------------------------

wheel: $(VENV)/ready  ## Build a wheel into dist/
	@echo "==> building a wheel into dist/ (release, about 2 minutes)"
	$(BIN)/maturin build --release --out dist --interpreter $(BIN)/python

sdist: $(VENV)/ready  ## Build a source distribution into dist/
	@echo "==> building a source distribution into dist/"
	$(BIN)/maturin sdist --out dist

format: $(VENV)/ready  ## Format both languages
	cargo fmt --all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --quiet .

clean:  ## Remove what was built
	rm -rf target fuzz/target dist stubs/consumer/*.so $(VENV) .venv-*
