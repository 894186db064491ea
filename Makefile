# What can be done here. `make` alone lists it; every target makes the environment that it needs.
#
#   make test ARGS="tests/user_pool -k srp"     a part of the tests
#   make test PYTHON=python3.13                 another Python (the environment is made anew)

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first of these that is new enough. An explicit PYTHON= is taken at its word, and checked when an environment is made.
IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for candidate in python3 python3.13 python3.12 python3.11; do \
	"$$candidate" -c '$(IS_NEW_ENOUGH)' 2>/dev/null && echo "$$candidate" && break; done || true)
endif

# An environment belongs to one Python and to one place: the name of its first stamp says which.
# With another Python, or in a moved directory, that stamp is missing, and the environment is cleared and made again.
VENV ?= .venv
BIN := $(VENV)/bin
IDENTITY := import os, sys, zlib; place = sys._base_executable + os.getcwd(); print(f"{sys.version.split()[0]}-{zlib.crc32(place.encode()):08x}")
MADE := $(VENV)/.made-with-$(shell "$(PYTHON)" -c '$(IDENTITY)' 2>/dev/null || true)
RUNTIME := $(VENV)/.installed-runtime
DEVELOPMENT := $(VENV)/.installed-development
FUZZING := $(VENV)/.installed-fuzzing
BENCHMARKS := $(VENV)/.installed-benchmarks

# ministack pins its own botocore, so it lives alone, with whichever Python made it first.
MINISTACK_VERSION := 1.5.33
MINISTACK_VENV := .venv-ministack
MINISTACK := $(MINISTACK_VENV)/.installed-$(MINISTACK_VERSION)-$(firstword $(shell pwd | cksum))

# Clients and verifiers from npm, where npm is; where it is not, their tests are counted and left out.
FROM_NPM := $(if $(shell command -v npm),tests/peers/node/node_modules/.installed)

PIP := -m pip install -qq --disable-pip-version-check
ARGS ?=
RUNS ?= 1000000
COVERAGE ?=
# Two workers: more of them only wait for one another on a small machine. Tests of one peer share a worker, and so its server.
WORKERS ?= 2
PYTEST := $(BIN)/python $(if $(COVERAGE),-m coverage run) -m pytest
PARALLEL := --numprocesses=$(WORKERS) --dist=loadgroup

.PHONY: help demo test peers docs lint format types coverage coverage-gate bench fuzz test-pythons clean

help:  ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

demo: $(RUNTIME)  ## Run the main job on this machine: sign in, call an API, verify the token
	$(BIN)/python examples/demo.py

test: $(DEVELOPMENT) $(MINISTACK) $(FROM_NPM)  ## Run every test, those of the peers and of the docs too
	$(if $(COVERAGE),rm -f .coverage .coverage.*)
	$(PYTEST) $(PARALLEL) $(ARGS)
	$(if $(COVERAGE),$(BIN)/coverage combine --quiet)

peers: $(DEVELOPMENT) $(MINISTACK) $(FROM_NPM)  ## Run against software that others wrote, and print the matrix
	$(PYTEST) tests/peers $(ARGS)

docs: $(DEVELOPMENT)  ## Run every snippet in the docs and check every link between them
	$(PYTEST) tests/test_docs.py $(ARGS)

lint: $(DEVELOPMENT)  ## Check style, with every rule of ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(DEVELOPMENT)  ## Put style right where a machine can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(DEVELOPMENT) $(BENCHMARKS)  ## Check types with mypy --strict and pyright
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

coverage:  ## Run every test, and fail unless every branch of the package was taken
	$(MAKE) test COVERAGE=1
	$(MAKE) coverage-gate

coverage-gate: $(DEVELOPMENT)  ## Judge the coverage of the last `make test COVERAGE=1`
	@# Every branch; the tenth of a percent is for a race that a run may happen to win.
	$(BIN)/coverage report --precision=2 --fail-under=99.9

bench: $(BENCHMARKS)  ## Measure speed, as ratios beside peers
	@for benchmark in benchmarks/bench_*.py; do $(BIN)/python "$$benchmark"; done

fuzz: $(FUZZING)  ## Throw a million hostile tokens (RUNS=) at the parser and the verifier
	$(BIN)/python tests/fuzz.py -runs=$(RUNS) $(ARGS) 2>&1 | grep -Ev '^(INFO|WARNING|#|"|$$)'

test-pythons:  ## Run the tests on Python 3.11, 3.12 and 3.13, where they are installed
	@for version in 3.11 3.12 3.13; do \
		if python=$$(.ci/find-python $$version); then \
			echo "== Python $$version"; $(MAKE) --no-print-directory test PYTHON="$$python" VENV=".venv-$$version"; \
		else echo "== Python $$version is not installed"; fi; \
	done

clean:  ## Remove environments, caches and reports
	rm -rf .venv .venv-* .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	rm -rf tests/peers/node/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- environments --------------------------------------------------------------------------------------------------------------

define check-python
	@"$(PYTHON)" -c '$(IS_NEW_ENOUGH)' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed$(if $(PYTHON),; $(PYTHON) is older or does not run). Say which: make PYTHON=/path/to/python3"; \
		exit 1; } >&2
endef

# `pip install --group` needs pip 25.1 or newer, which no Python before 3.14 brings along.
$(MADE):
	$(check-python)
	"$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python $(PIP) --upgrade pip
	touch $@

$(RUNTIME): pyproject.toml $(MADE)
	$(BIN)/python $(PIP) --editable .
	touch $@

$(DEVELOPMENT): $(RUNTIME)
	$(BIN)/python $(PIP) --group dev
	touch $@

$(BENCHMARKS): $(RUNTIME)
	$(BIN)/python $(PIP) --group bench
	touch $@

$(FUZZING): $(RUNTIME)
	$(BIN)/python $(PIP) --group fuzz
	touch $@

$(MINISTACK):
	$(check-python)
	"$(PYTHON)" -m venv --clear $(MINISTACK_VENV)
	$(MINISTACK_VENV)/bin/python $(PIP) ministack==$(MINISTACK_VERSION) cryptography
	touch $@

# A machine without a way to npm's registry runs all other tests; continuous integration requires these too.
tests/peers/node/node_modules/.installed: tests/peers/node/package.json
	@{ cd $(dir $<) && npm install --silent --no-audit --no-fund --no-package-lock && touch node_modules/.installed; } \
		|| echo "npm could not install the peers that come from there: their tests are left out" >&2
