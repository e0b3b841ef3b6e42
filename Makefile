# Short names for the project's programs, which also work without make in the environment that `make setup` prepares.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
# The environment's programs come first in PATH, as after activating it.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHON
# Ansible imports the plugins again for each task. Let it cache their bytecode even where the caller's environment forbids that.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup lock check dags-check docs test test-full molecule bench demo demo-down

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Prepare this checkout: system programs, .venv, collections (PYTHON=python3.12 selects another Python)
	@tests/setup.sh

lock: setup ## Resolve requirements/*.in into new lock files
	@tests/lock.sh

check: setup ## Run linters, type checks, unit tests and syntax checks: everything that takes less than two minutes
	@$(PY) -m tests.check

dags-check: setup ## Check DAGs without a host: make dags-check DAGS=dags SKIP=RULE,RULE (PLUGINS, VERSION, AIRFLOW_PYTHON: docs/dag_authors.md)
	@$(PY) -m tests.dags_check $(DAGS) $(if $(VERSION),--version $(VERSION)) $(if $(SKIP),--skip $(SKIP)) \
		$(if $(PLUGINS),--plugins $(PLUGINS)) $(if $(AIRFLOW_PYTHON),--python $(AIRFLOW_PYTHON))

docs: setup ## Generate the variable tables in the roles' READMEs from their argument specs
	@$(PY) -m tests.docs

test: setup ## Run what every change must pass: check, the images' contract, the core scenarios
	@$(PY) -m tests.run core

test-full: setup ## Run all scenarios
	@$(PY) -m tests.run full

molecule: setup ## Run one scenario: make molecule SCENARIO=default (VERSION=2.5.3 selects an Airflow release, PART=NAME a test file)
	@$(PY) -m tests.run scenario $(or $(SCENARIO),default) $(if $(VERSION),--release $(VERSION)) $(if $(PART),--part $(PART))

bench: setup ## Measure against a reference and update docs/benchmarks.md (ONLY=NAME,NAME runs some of the benchmarks)
	@$(PY) -m tests.bench $(ONLY)

demo: setup ## Create a throwaway host on this machine, deploy to it, run the pipeline (VERSION=2.5.3 selects a release)
	@$(PY) -m tests.demo up $(if $(VERSION),--version $(VERSION))

demo-down: setup ## Remove everything the demo created
	@$(PY) -m tests.demo down
