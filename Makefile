# The Reflection & Learning Engine: everything a newcomer or a machine runs. `make` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.ready
DEV := $(VENV)/.ready-dev
AUDIT := .venv-audit
TYPES := .venv-types
DOCS := .venv-docs
POSTGRES := .venv-postgres
WHEEL := .venv-wheel
ORACLE := .venv-oracle
WORKERS ?= auto
# Arithmetic in one thread, and compiled code kept whatever the machine's habit: tests start a hundred processes.
ALONE := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 POLARS_MAX_THREADS=1 PYTHONDONTWRITEBYTECODE=
TORTURE := kills-1 kills-2 machine-1 machine-2 server disk soak api learning audit postgres-1 postgres-2 postgres-3 postgres-4 postgres-5 postgres-6
PIP = python -m pip install --quiet --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet pyproject.toml --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11

# Into environment $(1), what the rest says: by uv, which takes a tenth of pip's time; by pip where uv is not to be had.
# Neither byte-compiles, and both take only what has the hashes of the lock files.
define put
{ $(1)/bin/$(PIP) --no-compile --require-hashes -r requirements-uv.lock && $(1)/bin/uv pip install --quiet --python $(1)/bin/python $(2); } || $(1)/bin/$(PIP) --no-compile $(2)
endef
define environment
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with make PYTHON=python3.11")'
$(PYTHON) -m venv $(1)
$(call put,$(1),--require-hashes -r $(2))
$(call put,$(1),--no-deps --no-build-isolation -e .)
endef

.DEFAULT_GOAL := help
.PHONY: help install demo serve serve-demo test check torture $(TORTURE:%=torture-%) bench bench-oracle test-chroma test-cluster test-postgres test-browser check-page docs wheel audit mutation lock clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "  make %-18s %s\n", $$1, $$2}'

install: $(RUN) ## install what runs it into .venv (the other targets install what they need by themselves)

$(RUN): requirements.lock requirements-uv.lock pyproject.toml
	$(call environment,$(VENV),requirements.lock)
	@touch $@

$(DEV): $(RUN) requirements-dev.lock
	$(call put,$(VENV),--require-hashes -r requirements-dev.lock)
	@touch $@

demo: $(RUN) ## run the main job on a real account and show the retrospective
	@$(BIN)/reflection demo

serve: $(RUN) ## the page and the API on http://127.0.0.1:8000 (documentation at /docs)
	@$(BIN)/reflection serve

serve-demo: $(RUN) ## the page with the demo's campaigns (serve never shows them unasked)
	@test -f demo-output/reflection.db || $(BIN)/reflection demo > /dev/null
	@MARKO_DATABASE_PATH=demo-output/reflection.db MARKO_OUTPUT_DIR=demo-output/output MARKO_WEIGHTS_PATH=demo-output/weights.json \
	  MARKO_VECTOR_BACKEND=local $(BIN)/reflection serve

test: $(DEV) ## run the tests (five to nine minutes on two cores)
	@$(ALONE) $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not torture and not browser and not chroma and not cluster"

check: $(DEV) ## lint, types, layers, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .

torture: $(TORTURE:%=torture-%) ## the slow proofs, these parts one after the other (each at most 30 minutes):
torture-kills-1: ## ten thousand kill -9 of a writer
torture-kills-2: ## ten thousand more
torture-machine-1: ## a thousand long random runs against a model of the engine
torture-machine-2: ## a thousand more
torture-server: ## servers, the vector memory and the sender of alerts killed, imports gone on with; clocks put elsewhere
torture-disk: ## power cuts, aborted writes, full disks, damage, backups under load
torture-soak: ## ten thousand submissions: memory, speed, rebuilding
torture-api: ## every operation of the API against its description; extreme numbers
torture-learning: ## hundreds of simulated worlds; what intervals cover
torture-audit: ## every sentence of eighty-three simulated accounts against the truth planted in them
torture-postgres-1: ## two hundred kills of processes, servers, workers and connections on a Postgres server
torture-postgres-2: ## two hundred more
torture-postgres-3: ## two hundred more
torture-postgres-4: ## two hundred more
torture-postgres-5: ## two hundred more
torture-postgres-6: ## ten minutes of mixed load on two processes and two workers: no error, nothing that grows; purges killed
$(filter torture-postgres-%,$(TORTURE:%=torture-%)): torture-%: $(POSTGRES)/.ready
	@$(ON_SERVER) -m "torture(part='$*')" tests/postgres
$(filter-out torture-postgres-%,$(TORTURE:%=torture-%)): torture-%: $(DEV)
	$(ALONE) $(BIN)/python -m pytest -q -n $(WORKERS) -m "torture(part='$*')"

bench: $(DEV) ## run the benchmarks and write docs/benchmarks.md
	$(ALONE) $(BIN)/python -m benchmarks

bench-oracle: $(ORACLE)/.ready ## the fit beside full MCMC (numpyro), in an environment of its own (ten minutes)
	$(ALONE) $(ORACLE)/bin/python -m benchmarks agreement

$(ORACLE)/.ready: requirements-oracle.lock requirements-uv.lock pyproject.toml
	$(call environment,$(ORACLE),requirements-oracle.lock)
	@touch $@

test-chroma: requirements-chroma.lock ## the tests of the Chroma backend, in an environment of their own
	$(call environment,.venv-chroma,requirements-chroma.lock)
	.venv-chroma/bin/python -m pytest -q -m chroma

ON_SERVER = $(ALONE) $(POSTGRES)/bin/python scripts/with_postgres.py $(POSTGRES)/bin/python -m pytest -q -p tests.on_postgres -n $(WORKERS)
ABOUT_NO_STORE := damaged_mirror mcp openapi page parameters recipes reports schema
ON_POSTGRES := tests/postgres tests/store tests/engine tests/worker tests/crash/test_concurrency.py tests/crash/test_kill9.py \
  tests/memory/test_index_contract.py $(filter-out $(ABOUT_NO_STORE:%=tests/api/test_%.py),$(wildcard tests/api/test_*.py)) tests/machine

test-postgres: $(POSTGRES)/.ready ## store, engine, worker, API and kills on a Postgres server, in an environment of their own
	@$(ON_SERVER) -m "not torture and not browser and not chroma and not cluster" $(ON_POSTGRES)

$(POSTGRES)/.ready: requirements-postgres-dev.lock requirements-uv.lock pyproject.toml
	$(call environment,$(POSTGRES),requirements-postgres-dev.lock)
	@touch $@

CLUSTER := .venv-cluster

test-cluster: $(CLUSTER)/.ready ## learning in partitions on Dask, a killed worker among them, in an environment of their own
	@$(ALONE) $(CLUSTER)/bin/python -m pytest -q -m "cluster and not torture" tests/cluster

$(CLUSTER)/.ready: requirements-cluster.lock requirements-uv.lock pyproject.toml
	$(call environment,$(CLUSTER),requirements-cluster.lock)
	@touch $@

test-browser: $(DEV) ## the page and the report in a real browser (needs Chromium: apt-get install chromium)
	@$(ALONE) $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m browser tests/browser

$(TYPES)/.ready: requirements-types.lock scripts/types/package-lock.json
	$(PYTHON) -m venv $(TYPES)
	$(call put,$(TYPES),--require-hashes -r requirements-types.lock)
	cd scripts/types && PATH="$(CURDIR)/$(TYPES)/bin:$$PATH" npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

check-page: $(TYPES)/.ready ## the page's scripts against their types (fetches Node and TypeScript by name)
	$(TYPES)/bin/node scripts/types/check.mjs

$(DOCS)/.ready: requirements-docs.lock requirements-uv.lock
	$(PYTHON) -m venv $(DOCS)
	$(call put,$(DOCS),--require-hashes -r requirements-docs.lock)
	@touch $@

docs: $(DOCS)/.ready ## the documentation as a site, into site/; a link that leads nowhere fails
	rm -rf site
	$(DOCS)/bin/zensical build --strict --clean

wheel: $(DEV) ## build the wheel and run it in an empty environment
	rm -rf dist $(WHEEL)
	$(BIN)/hatchling build -t wheel
	$(BIN)/python -c "import glob, zipfile; held = zipfile.ZipFile(glob.glob('dist/*.whl')[0]).namelist(); assert any('/sboms/' in name for name in held), 'no bill of materials'"
	$(PYTHON) -m venv $(WHEEL)
	$(call put,$(WHEEL),--require-hashes -r requirements.lock)
	$(call put,$(WHEEL),--no-deps dist/*.whl)
	cd $(WHEEL) && bin/python -I -c "import reflection.api.app, reflection; from reflection.web import site; print(reflection.Engine, len([site.asset(name).body for name in site.names()]), site.asset(site.SHELL).tag)" && bin/reflection --version
	mkdir $(WHEEL)/empty && cd $(WHEEL)/empty && for run in first second; do env -i ../bin/marko-reflection demo > $$run.txt || exit 1; done && diff first.txt second.txt
	rm -rf $(WHEEL)

audit: requirements-dev.lock ## known vulnerabilities, failing on what could not be looked up (a step of each release)
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip -r requirements-dev.lock

mutation: $(DEV) ## how many small faults the tests notice (needs cosmic-ray: make mutation COSMIC=path)
	$(BIN)/python scripts/mutation.py --cosmic-ray $(COSMIC) --minutes 60

lock: $(DEV) ## resolve the dependencies again (writes the lock files, with hashes and without addresses)
	$(COMPILE) --extra alerts --extra reports --group build -o requirements.lock
	$(COMPILE) --extra dev --group build -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --extra dev --extra chroma --group build -o requirements-chroma.lock
	$(COMPILE) --extra dev --extra cluster --group build -c requirements-dev.lock -o requirements-cluster.lock
	$(COMPILE) --extra reports --extra postgres --group build -c requirements.lock -o requirements-postgres.lock
	$(COMPILE) --extra dev --extra postgres --group build --group postgres-server -c requirements-dev.lock -c requirements-postgres.lock -o requirements-postgres-dev.lock
	$(COMPILE) --group build --group oracle -c requirements.lock -o requirements-oracle.lock
	$(COMPILE:pyproject.toml=) --group installer -o requirements-uv.lock
	$(COMPILE:pyproject.toml=) --group types -o requirements-types.lock
	$(COMPILE:pyproject.toml=) --group docs -o requirements-docs.lock

clean: ## remove what was made here
	rm -rf $(VENV) .venv-chroma $(CLUSTER) $(ORACLE) $(POSTGRES) $(AUDIT) $(TYPES) $(DOCS) site scripts/types/node_modules $(WHEEL) dist demo-output .mypy_cache .ruff_cache .hypothesis
