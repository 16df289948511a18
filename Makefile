# The same targets for people and for CI. `make demo` and `make test` set up everything they need.

# Another Python has its environment beside, called after its version: `make test PYTHON=python3.13`,
# or a path to one.
PYTHON := python3
PYTHONS := python3.11 python3.12 python3.13 python3.14
VENV := .venv$(if $(filter-out python3,$(PYTHON)),-$(or $(shell $(PYTHON) -c \
    'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null),$(notdir $(PYTHON))))
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
LOCK := constraints.txt
RUNNING_LOCK := deploy/requirements.txt
RESOLVE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header pyproject.toml
PACKAGES := internetsim licensing runtime license_server master_cla nodes simulator
CODE := $(PACKAGES) tests benchmarks docs

STARTED := $(shell date +%s)

# Live runs wait most of their time, so there are more workers than the two cores that are usual.
SPREAD := --numprocesses 4 --dist worksteal

# Where writing bytecode is switched off, each start of a program would take a third longer.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo plan-demo test test-pythons tools lint types architecture unit determinism coverage flaky-check reliability mutants release-check bench bench-check live-compare format lock transcripts manual-coverage docs screenshots clean

help:
	@echo "make demo                 play the manual's internetwork through a 31-day outage"
	@echo "make plan-demo            how likely emergency mode is at thirty sites, with a page, and a bad year of it (a minute)"
	@echo "make test                 lint, types, architecture, tests (six minutes on two cores)"
	@echo "make lint types ...       a part of it alone: lint, types, architecture, unit; of unit determinism"
	@echo "make coverage             the tests again, but for the browser's: at least 95 % of branches"
	@echo "make flaky-check RUNS=10  the tests ten times beside two busy loops; goes on where it was stopped"
	@echo "make reliability          searches, kills, strangers and faults with large numbers (40 minutes)"
	@echo "make mutants              how soon exploring finds bugs that are planted; BUGS=name for one"
	@echo "make test-pythons         make test with each of $(PYTHONS) that is here"
	@echo "make release-check        both archives in dist/, and all that makes them a release (make test and more)"
	@echo "make bench                measure the simulator (about two minutes)"
	@echo "make bench-check BASE=commit  fails where something takes 10 % longer than there (the newest tag by default)"
	@echo "make live-compare         compare all scenarios with live runs, on both networks (hours); goes on where it was stopped"
	@echo "make setup                the environment .venv alone; PYTHON=python3.13 has its own, as with make test"
	@echo "make format               format the code"
	@echo "make transcripts          write the scenarios' transcripts anew; review them as a diff"
	@echo "make manual-coverage      write docs/manual-coverage.md: sentence, rule, test"
	@echo "make screenshots          take the pictures of the stage, the WBM and the report anew (needs chromium, two minutes)"
	@echo "make lock                 resolve the dependencies anew: $(LOCK), $(RUNNING_LOCK) (needs uv)"
	@echo "make clean                remove the environments and what the tools have stored"

setup: $(INSTALLED)

# The lock is complete. Without --no-deps an old pip looks for a newer release of what another package
# asks for with an extra (coverage[toml]), finds no hash of it, and gives up.
$(INSTALLED): $(LOCK) pyproject.toml
	@$(PYTHON) -c "" 2>/dev/null || { echo "$(PYTHON): not tried, there is none here"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV) (once; well under a minute)"
	@$(PYTHON) -m venv --without-pip $(VENV)
	@if command -v uv >/dev/null; then install="uv pip install --quiet --python $(BIN)/python"; \
	else install="python3 -m pip --quiet --disable-pip-version-check --python $(BIN)/python install --no-warn-script-location"; fi; \
	$$install --no-deps --require-hashes -r $(LOCK) && $$install --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib $(PACKAGES) || true
	@touch $@

demo: $(INSTALLED)
	@$(BIN)/internetsim run scenarios/slave-cut-off-31-days.yaml

plan-demo: $(INSTALLED)
	@$(BIN)/internetsim plan risk thirty-sites-to-plan --precision 30% --minutes 0.5 \
	    --html plan.html --worst-year bad-year.yaml
	@echo; echo "its worst year, on the real programs:"; echo
	@$(BIN)/internetsim run bad-year.yaml
	@echo; echo "the page: plan.html"

test: tools lint types architecture unit
	@echo "make test took $$(( $$(date +%s) - $(STARTED) )) s"

# A version that is not here is named and passed over; the status is that of those that were tried.
test-pythons:
	@status=0; tried=""; for python in $(PYTHONS); do \
	    if ! $$python -c "" 2>/dev/null; then result="not tried, there is none here"; \
	    elif $(MAKE) --no-print-directory test PYTHON=$$python; then result=passed; \
	    else result=failed; status=1; fi; \
	    tried="$$tried$$python: $$result\n"; \
	done; printf "$$tried"; exit $$status

# Live runs in network namespaces need iproute2, walks through the pages a browser, captures Wireshark.
# Where they cannot be installed, those tests are skipped, and say so.
tools:
	@command -v ip >/dev/null && command -v tc >/dev/null || $(call debian,iproute2) || \
	    echo "iproute2 is missing: tests with network namespaces will be skipped"
	@command -v chromium-headless-shell >/dev/null || $(call debian,chromium-headless-shell) || \
	    command -v chromium >/dev/null || $(call debian,chromium) || \
	    echo "chromium is missing: tests with a browser will be skipped"
	@command -v tshark >/dev/null || $(call debian,tshark) || \
	    echo "tshark is missing: tests that read captures will be skipped"

debian = { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; }

lint: $(INSTALLED)
	$(BIN)/ruff format --check --quiet $(CODE)
	$(BIN)/ruff check --quiet $(CODE)

types: $(INSTALLED)
	$(BIN)/mypy

architecture: $(INSTALLED)
	$(BIN)/lint-imports --no-logo

unit: $(INSTALLED)
	$(BIN)/pytest -q $(SPREAD) --durations=10

# Walks of a browser and trials of reliability reach nothing that the other tests do not reach.
coverage: $(INSTALLED)
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q $(SPREAD) --ignore=tests/browser --ignore=tests/reliability
	@$(BIN)/coverage combine -q
	$(BIN)/coverage report

RUNS := 10

flaky-check: $(INSTALLED)
	$(BIN)/python tests/flaky_check.py $(RUNS) $(BIN)/pytest -q $(SPREAD)

# Also part of `make unit`, there with small numbers. The live day, played on both kinds of network,
# wants a computer to itself.
SEARCHES = $(shell grep -rl hypothesis --include='test_*.py' tests)
reliability: $(INSTALLED)
	INTERNETSIM_EXAMPLES=600 $(BIN)/pytest -q $(SPREAD) $(SEARCHES)
	INTERNETSIM_KILLS=200 INTERNETSIM_STRANGERS=10000 INTERNETSIM_FAULT_SEEDS=200 INTERNETSIM_LIVE_FAULTS=1 \
	    $(BIN)/pytest -q -s tests/reliability

# One planted bug after another is hunted by exploring, and made short.
mutants: $(INSTALLED)
	$(BIN)/python tests/simulator/explore/mutants.py $(BUGS)

# Each run waits most of its time, but must never be kept waiting: nothing else should run meanwhile.
# What is the same with the present programs stands in the file of results, and is not played again.
RESULTS := docs/live-compare.jsonl
live-compare: $(INSTALLED)
	$(BIN)/internetsim compare --list --results $(RESULTS)
	@status=0; for network in proxy namespaces; do \
	    $(BIN)/internetsim compare --network $$network --results $(RESULTS) scenarios/*.yaml || status=1; \
	done; exit $$status

# The unpacked source archive must pass in a folder that knows nothing of this one; among its tests are
# those of a wheel that is built from it. `make release-check CHECKS=lint` is a quick rehearsal.
CHECKS := test
release-check: $(INSTALLED)
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist
	$(BIN)/pytest -q tests/package
	@unpacked=$$(mktemp -d) && trap "rm -rf $$unpacked" EXIT && \
	    tar -xf dist/*.tar.gz -C $$unpacked --strip-components 1 && \
	    $(MAKE) --no-print-directory -C $$unpacked $(CHECKS)
	@ls dist

# All scenarios twice, and their transcripts.
determinism: $(INSTALLED)
	$(BIN)/pytest -q $(SPREAD) tests/simulator/runs/test_transcripts.py

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

# In pairs beside the other version, which has an environment of its own for as long as it takes.
BASE := $(shell git describe --tags --abbrev=0 2>/dev/null)
bench-check: $(INSTALLED)
	@test -n "$(BASE)" || { echo "There is no tag yet; say what to compare with: make bench-check BASE=commit"; exit 1; }
	@base=$$(mktemp -d) && trap "rm -rf $$base" EXIT && git archive "$(BASE)" | tar -x -C $$base && \
	    $(MAKE) --no-print-directory -C $$base setup && \
	    $(BIN)/python -m benchmarks pairs --against $$base --rounds 7 --most 1.10

format: $(INSTALLED)
	$(BIN)/ruff format --quiet $(CODE)
	$(BIN)/ruff check --quiet --fix $(CODE)

transcripts: $(INSTALLED)
	$(BIN)/pytest -q tests/simulator/runs/test_transcripts.py tests/simulator/report/explain --regenerate-transcripts

manual-coverage: $(INSTALLED)
	$(BIN)/python tests/manual/manual_coverage.py

docs: $(INSTALLED)
	$(BIN)/python tests/reference/scenario_reference.py

screenshots: $(INSTALLED)
	$(BIN)/python docs/screenshots.py
	$(BIN)/python docs/stage_pictures.py

lock:
	$(RESOLVE) --group dev --upgrade -o $(LOCK)
	$(RESOLVE) --group build --constraint $(LOCK) --upgrade -o $(RUNNING_LOCK)

clean:
	rm -rf .venv .venv-* .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
