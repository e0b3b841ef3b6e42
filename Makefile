# A short list of what it calls; everything works without make too, in the environment that `make setup` prepares.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
# Programs of the environment are found by name, as in an activated one.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHON
# Ansible loads our plugins anew in the process of each task: from bytecode, as on a machine that does not set this.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup lock check dags-check docs test test-full molecule bench demo demo-down

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Prepare this checkout: system programs, .venv, collections (PYTHON=python3.12 to choose one)
	@tests/setup.sh

lock: setup ## Resolve requirements/*.in anew into the locks
	@tests/lock.sh

check: setup ## Lint, types, unit tests, syntax: everything that takes less than two minutes
	@$(PY) -m tests.check

dags-check: setup ## Check DAGs without a host: make dags-check DAGS=dags SKIP=RULE,RULE (PLUGINS, VERSION, AIRFLOW_PYTHON: docs/dag_authors.md)
	@$(PY) -m tests.dags_check $(DAGS) $(if $(VERSION),--version $(VERSION)) $(if $(SKIP),--skip $(SKIP)) \
		$(if $(PLUGINS),--plugins $(PLUGINS)) $(if $(AIRFLOW_PYTHON),--python $(AIRFLOW_PYTHON))

docs: setup ## Write the variable tables of the roles' READMEs from their argument specs
	@$(PY) -m tests.docs

test: setup ## What every change must pass: check, the images' contract, the core scenarios
	@$(PY) -m tests.run core

test-full: setup ## Every scenario
	@$(PY) -m tests.run full

molecule: setup ## One scenario: make molecule SCENARIO=default (VERSION=2.5.3 to choose a release)
	@$(PY) -m tests.run scenario $(or $(SCENARIO),default) $(if $(VERSION),--release $(VERSION))

bench: setup ## Speed beside a reference, into docs/benchmarks.md: make bench ONLY=NAME,NAME for a part
	@$(PY) -m tests.bench $(ONLY)

demo: setup ## Make a throwaway host here, deploy to it, run the pipeline (VERSION=2.5.3 to choose a release)
	@$(PY) -m tests.demo up $(if $(VERSION),--version $(VERSION))

demo-down: setup ## Remove all that the demo made
	@$(PY) -m tests.demo down
