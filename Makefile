# One door: `make` lists the commands. Each makes the environment it needs by itself.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
RUNS   := $(VENV)/.runs
STAMP  := $(VENV)/.synced

# pip trusts the certificates of this machine, such as those of a company's proxy; so does uv.
export UV_SYSTEM_CERTS ?= 1

.DEFAULT_GOAL := help
.PHONY: help env demo test unit data test-faults test-airflow test-compose test-s3 test-hdfs check format lint types imports boards docs pictures bench chaos soak lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(UV):
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else f"tweetpulse needs Python 3.11 or newer, and $(PYTHON) is {v[0]}.{v[1]}: name another with make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8

# What it runs with, and then what tests and tools need besides. The first adds, so that it takes nothing from the second.
$(RUNS): requirements.lock requirements-build.lock pyproject.toml | $(UV)
	@echo "Installing into $(VENV) (once): downloads about 600 MB, most of it Spark, and takes 1.2 GB of disk ..."
	@$(UV) pip install --compile-bytecode --require-hashes --python $(BIN)/python --requirement requirements.lock
	@$(UV) pip install --quiet --no-deps --build-constraints requirements-build.lock --python $(BIN)/python --editable .
	@touch $@

$(STAMP): requirements-dev.lock requirements-build.lock pyproject.toml | $(UV)
	@echo "Installing into $(VENV), with what tests and tools need (once): downloads about 800 MB, less what is there; takes 2.1 GB of disk ..."
	@$(UV) pip sync --compile-bytecode --require-hashes --python $(BIN)/python requirements-dev.lock
	@$(UV) pip install --quiet --no-deps --build-constraints requirements-build.lock --python $(BIN)/python --editable .
	@touch $(RUNS) $@

env: $(STAMP) ## make the environment, with what tests and tools need

demo: $(RUNS) ## real parts, generated tweets, a summary (KEEP=1 goes on, FILE=tweets.csv takes yours, COLUMNS=text=body says what is what)
	@$(BIN)/tweetpulse demo $(if $(KEEP),--keep) $(if $(FILE),--file "$(FILE)") $(if $(findstring command,$(origin COLUMNS)),--columns "$(COLUMNS)")

# Coverage takes half as much processor time again: it is measured where servers do not wait, and these tests run once.
UNIT = $(BIN)/python -m pytest tests/unit -p randomly --cov --cov-report=term $(TOGETHER)

# Tests often wait for servers, and two processes do not wait at the same time. Each starts servers of its own, and has all tests of a
# file, which share what a file prepares.
JOBS ?= 2
TOGETHER = --numprocesses $(JOBS) --dist loadfile

test: $(STAMP) ## all tests, against real servers that they start, in two processes (JOBS=0: in one; ARGS="-k lag": these)
ifneq ($(strip $(ARGS)),)
	@$(BIN)/python -m pytest $(ARGS)
else
	@failed=0; $(UNIT) || failed=1; $(BIN)/python -m pytest --ignore=tests/unit $(TOGETHER) || failed=1; exit $$failed
endif

unit: $(STAMP) ## the tests without servers, in random order, and how much of the code they run
	@$(UNIT) $(ARGS)

data: $(STAMP) ## fetch the real tweets that tests also run on, 10 MB, after naming their licences; most tests need none of them
	@$(BIN)/python -m tests.datasets

test-faults: $(STAMP) ## every kind of fault, an hour or two (ARGS=--write-table puts what came of it into docs/reliability.md)
	@$(BIN)/python -m pytest -m faults --numprocesses $(JOBS) --dist worksteal --verbose $(ARGS)

test-airflow: $(STAMP) ## the DAGs of deploy/schedules in a real Airflow, in an environment of its own (300 MB)
	@$(UV) venv --quiet --allow-existing $(VENV)-airflow
	@$(UV) pip install --quiet --python $(VENV)-airflow/bin/python apache-airflow==3.3.2
	@TWEETPULSE_TEST_AIRFLOW=$(CURDIR)/$(VENV)-airflow/bin/airflow $(BIN)/python -m pytest tests/integration/schedules

test-compose: $(STAMP) ## compose/ started in containers, with kills, on an engine of its own, ten minutes: as root on Debian (ARGS=--write-table)
	@$(BIN)/python -m pytest tests/containers -m containers --verbose $(ARGS)

# Copied, and not linked: whoever changes a file of it must not change the cache that all environments share.
S3 := $(VENV)/.s3

$(S3): $(STAMP) pyproject.toml
	@$(UV) pip install --quiet --link-mode copy --target $@ --python $(BIN)/python --group pyproject.toml:s3
	@touch $@

test-s3: $(S3) ## the archive on an S3 of moto's, which it installs beside the environment
	@TWEETPULSE_TEST_MOTO=$(abspath $(S3)) $(BIN)/python -m pytest tests/integration/archive/test_s3.py $(ARGS)

test-hdfs: $(STAMP) ## the archive on an HDFS of one node, whose 40 MB of jars it fetches
	@TWEETPULSE_TEST_HDFS=1 $(BIN)/python -m pytest tests/integration/archive/test_hdfs.py $(ARGS)

check: lint types imports boards test ## everything that CI runs; modifies nothing

lint: $(STAMP)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(STAMP)
	@$(BIN)/mypy

imports: $(STAMP)
	@$(BIN)/lint-imports --no-cache

boards: $(STAMP)
	@$(BIN)/python -m dashboards.grafana --check && $(BIN)/python -m dashboards.kibana --check

docs: $(STAMP) ## the documentation as a site, in site/; a warning is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "Open site/index.html; its search needs a server: $(BIN)/python -m http.server --bind 127.0.0.1 --directory site"

pictures: $(STAMP) ## pictures of all boards for the documentation, by the Kibana and the Grafana at hand (see CONTRIBUTING.md)
	@$(BIN)/python -m tests.boards.pictures

format: $(STAMP) ## format the code and mend what ruff can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: $(STAMP) ## measure speed, as ratios to a plain loop in the same run
	@$(BIN)/python -m bench $(ARGS)

chaos: $(STAMP) ## random faults under continuous input, then: is anything lost, is anything twice? (MINUTES=30 SEED=7)
	@$(BIN)/python -m tests.faults.chaos $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(ARGS)

soak: $(STAMP) ## an hour of collecting, with a disconnect each minute: is anything lost? (ARGS="--minutes 5"); the whole way: ARGS="whole --minutes 60"
	@$(BIN)/python -m bench.soak $(ARGS)

lock: $(STAMP) ## lock the dependencies; what is pinned stays (UPGRADE=1 resolves all of them anew)
	@$(UV) pip compile pyproject.toml --extra stream --extra plots $(if $(UPGRADE),--upgrade) --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	@$(UV) pip compile pyproject.toml --extra stream --extra plots --extra archive -c requirements.lock $(if $(UPGRADE),--upgrade) --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-archive.lock
	@$(UV) pip compile pyproject.toml --extra stream --extra plots --extra topics --extra archive --group dev -c requirements.lock $(if $(UPGRADE),--upgrade) --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.lock
	@$(UV) pip compile --group pyproject.toml:build $(if $(UPGRADE),--upgrade) --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-build.lock

clean: ## remove the environment, the site and the caches of the tools
	@rm -rf $(VENV) $(VENV)-airflow site .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
