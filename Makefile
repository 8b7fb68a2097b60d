# Everything is installed into this clone (.venv), but for jars: those go into the user's
# cache folder. Needs Python 3.11 or newer with venv and pip, and package indexes.

PYTHON ?= python3
BIN := .venv/bin
BENCHMARKS := aggregation hub_profile latency release_path corrections adapter_path sealing disclosure memory
MUTANTS := 100000
HISTORIES := 1500
FIRST := 0
MINUTES := 5
BROKERS := 1
LOGS := .pytest_cache/logs

.PHONY: setup demo test test-long lint test-containers test-compose fuzz histories chaos bench lock clean

setup: .venv/.installed

demo: setup
	$(BIN)/weighbridge demo

# Four runs at a time: some compute while the others wait for their brokers.
test: lint
	@mkdir -p $(LOGS); pids=; status=0; \
	begin() { \
		log=$(LOGS)/$$1.log; shift; $(BIN)/pytest "$$@" > $$log 2>&1 & pids="$$pids $$!"; \
		echo "$$log is written meanwhile"; \
	}; \
	begin attacks tests/attacks; \
	begin integration-1 tests/integration/test_[a-h]*.py; \
	begin integration-2 tests/integration/test_[!a-h]*.py; \
	trap 'kill $$pids; exit 1' INT TERM; \
	$(BIN)/pytest tests/unit tests/scenarios tests/tidy || status=$$?; \
	for pid in $$pids; do wait $$pid || status=$$?; done; \
	cat $(LOGS)/attacks.log $(LOGS)/integration-1.log $(LOGS)/integration-2.log; exit $$status

# What tests do with larger numbers, beside their short form.
test-long: setup
	$(BIN)/pytest -m long

lint: setup
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/weighbridge schemas check

# The integration tests on the container images of broker and registry; needs a Docker engine.
test-containers: setup
	$(BIN)/pytest tests/integration --broker containers

# The image, and a whole exchange in containers; needs a Docker engine with Compose.
test-compose: setup
	$(BIN)/pytest tests/containers

# Spoiled documents, so many for each adapter: an hour or two.
fuzz: setup
	$(BIN)/pytest tests/unit/test_adapters_conform.py --mutants $(MUTANTS)

# Random histories of releases, and such that are built to hurt, each attacked as a whole: hours.
histories: setup
	$(BIN)/pytest tests/attacks/test_disclosure_time.py --histories $(HISTORIES) --first $(FIRST)

# Processes, brokers, network, disks and clocks fail for so many minutes; SEED and STORY tell one again.
chaos: setup
	$(BIN)/python -m tests.chaos --minutes $(MINUTES) --brokers $(BROKERS) $(SEED:%=--seed %) $(STORY:%=--story %)

bench: setup
	for name in $(BENCHMARKS); do $(BIN)/python -m tests.benchmarks.$$name || exit; done

# Resolve the dependencies of pyproject.toml again, and what the image holds of them.
lock: setup
	$(BIN)/uv pip compile --quiet pyproject.toml --all-extras --group dev --universal --upgrade \
		--generate-hashes --no-emit-index-url --no-header --output-file requirements/dev.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --extra agency --extra hub --extra pkcs11 --extra kms --universal \
		--constraints requirements/dev.lock --generate-hashes --no-emit-index-url --no-header \
		--output-file requirements/image.lock
	echo 'cyclonedx-bom>=7' | $(BIN)/uv pip compile --quiet - --universal --upgrade --generate-hashes \
		--no-emit-index-url --no-header --output-file requirements/sbom.lock
	awk '/^uv==/ {on = 1} on && /^[a-z]/ && !/^uv==/ {exit} on && !/^ *#/' requirements/dev.lock > requirements/uv.lock

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache weighbridge-demo

.venv/.installed: requirements/uv.lock requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Error: weighbridge needs Python 3.11 or newer"; \
		  echo "Try:   make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
