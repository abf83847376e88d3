# Every verb sets up what it needs. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.requirements
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The app with what its tests need; `make setup LOCK=requirements.lock` leaves the tests' packages out.
LOCK ?= requirements-tests.lock
UV := uv==0.13.9
COMPILE := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-package pip
# Three on two cores: tests in a browser wait for half of their time.
PYTEST := $(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --ignore tests/test_devices.py
# The stand-in device must be known before a process computes its first gradient, so its tests have a process of their own.
PYTEST_DEVICES := $(BIN)/python -m pytest tests/test_devices.py

.PHONY: help setup lock run serve data check test test-rest test-all test-cuda bench-cuda bench load screenshots recordings clean
.DEFAULT_GOAL := help

help:  ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(READY)  ## create .venv with all packages, checked by hash (only when they changed); CPU_INDEX=...: without CUDA

$(READY): $(LOCK)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing $(LOCK) into .venv (about two minutes the first time) ..."
ifdef CPU_INDEX
	@$(PIP) --no-deps --index-url $(CPU_INDEX) $$(grep -E '^torch(vision)?==' requirements.txt)
	@awk '/^[a-z]/ {kept = !/^(nvidia|cuda|triton)-?/} kept' $(LOCK) >.venv/requirements.lock
	@$(PIP) --require-hashes -r .venv/requirements.lock
else
	@$(PIP) --require-hashes -r $(LOCK)
endif
	@touch $@

lock:  ## pin all that requirements*.txt pull in, with hashes; OPTIONS=--upgrade: in their newest versions
	@$(PIP) $(UV)
	@$(COMPILE) $(OPTIONS) --output-file requirements-tests.lock requirements-tests.txt
	@$(COMPILE) $(OPTIONS) --constraints requirements-tests.lock --output-file requirements.lock requirements.txt
	@$(BIN)/python -m tests.licences

run: $(READY)  ## start the dashboard for this machine and say its address
	@$(BIN)/python -m dashboard

serve: $(READY)  ## start the dashboard for a class: everybody in this network can open it
	@echo "Whoever reaches this machine can use the dashboard at the Network URL below; docs/security.md says what they can do."
	@$(BIN)/python -m dashboard --server.address 0.0.0.0

data: $(READY)  ## fetch MNIST beforehand, so that nobody has to wait for it
	@$(BIN)/python -m core data MNIST

check: $(READY)  ## lint, types, and known vulnerabilities where the advisories can be asked
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check --quiet .
	@$(BIN)/python -m mypy
	@$(BIN)/python -m tests.audit

test: check  ## lint, types and all tests but the slow ones, three files at a time
	@$(PYTEST_DEVICES)
	@$(PYTEST) -m "not slow"

test-rest: $(READY)  ## what `make test` leaves out where MNIST is not: tests that need it, and slow ones
	@$(PYTEST) -m "mnist or slow"

test-all: check  ## lint, types and every test
	@$(PYTEST_DEVICES)
	@$(PYTEST)

test-cuda: $(READY)  ## the tests that need a GPU
	@$(BIN)/python -m pytest --noconftest tests/test_cuda.py

bench-cuda: $(READY)  ## the figures of a GPU, in one file (OUT=cuda.json)
	@$(BIN)/python -m tests.benchmarks 'cuda-*' --out $(or $(OUT),cuda.json)

bench: $(READY)  ## the figures we promise, measured side by side
	@$(BIN)/python -m tests.benchmarks

load: $(READY)  ## a room full of visitors at once: how long do they wait?
	@$(BIN)/python -m tests.load

screenshots: $(READY)  ## take the pictures of the README again
	@$(BIN)/python -m tests.screenshots

recordings: $(READY)  ## record again what *What activates a neuron*, *Train*, *Transfer* and *Attack* play at first, and the map of *Nearest digits*
	@$(BIN)/python -m tests.recordings
	@$(BIN)/python -m core.studies.recorded_noise
	@$(BIN)/python -m core.studies.recorded_map

clean:  ## remove the environment and every cache
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache
