# The Reflection & Learning Engine: everything a newcomer or a machine runs. `make` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
AUDIT := .venv-audit
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help install demo serve test check torture bench test-chroma test-browser audit mutation lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

install: $(READY) ## install everything into .venv (the other targets do it by themselves)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## run the main job on a real account and show the retrospective
	@$(BIN)/reflection demo

serve: $(READY) ## start the API on http://127.0.0.1:8000 (documentation at /docs)
	@$(BIN)/reflection serve

test: $(READY) ## run the tests (under 5 minutes on two cores)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) -m "not torture and not browser and not chroma"

check: $(READY) ## lint, types, layers, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .

torture: $(READY) ## the slow proofs: kills, power loss, long runs (at most 30 minutes)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) -m torture

bench: $(READY) ## run the benchmarks and write docs/benchmarks.md
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks

test-chroma: $(READY) requirements-chroma.lock ## the tests of the Chroma backend, in an environment of their own
	$(PYTHON) -m venv .venv-chroma
	.venv-chroma/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-chroma.lock
	.venv-chroma/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	.venv-chroma/bin/python -m pytest -q -m chroma

test-browser: $(READY) ## the report in a real browser (needs Chromium: apt-get install chromium)
	$(BIN)/python -m pytest -q -m browser

audit: requirements.lock ## known vulnerabilities, failing on what could not be looked up; writes sbom.json
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit cyclonedx-bom
	$(AUDIT)/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --of JSON -o sbom.json
	$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

mutation: $(READY) ## how many small faults the tests notice (needs cosmic-ray: make mutation COSMIC=path)
	$(BIN)/python scripts/mutation.py --cosmic-ray $(COSMIC) --minutes 60

lock: ## resolve the dependencies again (needs uv; writes the lock files, with hashes and without addresses)
	uv pip compile pyproject.toml --extra dev --extra reports --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -o requirements.lock
	uv pip compile pyproject.toml --extra dev --extra chroma --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -o requirements-chroma.lock

clean: ## remove what was made here
	rm -rf $(VENV) .venv-chroma $(AUDIT) demo-output .mypy_cache .ruff_cache .hypothesis
