# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup lock test lint sanity unit integration molecule matrix demo demo-down lab lab-down bench soak docs

# Tools that call each other by name (ansible-lint, molecule) find each other here, without an activated environment.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nCASE for make demo:\n' && python3 -m tools.cases

setup: ## Create the development environment: .venv and .collections
	@tools/setup.sh

demo: setup ## Deploy and train from nothing, on two simulated hosts (CASE=… for another set-up, see below)
	@.venv/bin/python -m tools.demo $(CASE)

demo-down: lab-down ## Remove everything that the demo made

lab: setup ## Start only the simulated hosts, the registry and their images
	@.venv/bin/python -m lab up

lab-down: setup ## Remove the simulated hosts and the registry
	@.venv/bin/python -m lab down

bench: setup ## Measure the deployment, a run that changes nothing, and single modules (ARGS=--without-lab for less, "--demo --cold" for more)
	@PYTHONPATH=.collections .venv/bin/python -m tools.bench $(ARGS)

soak: setup ## Disturb two trainings on the lab's hosts again and again (ARGS="--disturbances 30 --seed 1")
	@PYTHONPATH=.collections:. .venv/bin/python -m tests.tools.soak $(ARGS)

docs: setup ## Generate the pages in docs that are made of tables and of the site model, and build the site in docs/_build/html
	@PYTHONPATH=.collections .venv/bin/python -m tools.contract
	@PYTHONPATH=.collections .venv/bin/python -m tools.site_model
	@PYTHONPATH=.collections .venv/bin/python -m tools.environment
	@PYTHONPATH=.collections .venv/bin/python -m tools.failures
	@PYTHONPATH=.collections .venv/bin/python -m tools.preflight_page
	@PYTHONPATH=.collections .venv/bin/python -m tools.inventory_schema
	@.venv/bin/python -m tools.docsite

test: setup ## Run all checks, quick ones first
	@tools/test.sh

lint: setup ## Run ruff, mypy, ansible-lint, antsibull-changelog, antsibull-docs, reuse and galaxy-importer, and report sizes
	@ruff check
	@ruff format --check
	@mypy -p ansible_collections.swarm.learning.plugins
	@ansible-lint
	@antsibull-changelog lint
	@antsibull-docs lint-collection-docs --plugin-docs .
	@reuse lint --quiet
	@.venv/bin/python tests/tools/importer.py
	@PYTHONPATH=.collections .venv/bin/python -m tools.sizes

sanity: setup ## Run ansible-test sanity on the tracked files
	@.venv/bin/python tests/tools/sanity.py

unit: setup ## Run the tests that need no Docker Engine
	@pytest --numprocesses=auto tests/unit

integration: setup ## Run the tests on a real Docker Engine and the lab
	@pytest tests/integration

molecule: setup ## Run the Molecule scenarios on the lab's hosts
	@pytest tests/molecule

matrix: setup ## Run unit and sanity tests with the oldest and newest versions of Ansible, Python and the Docker SDK (ARGS=host for some)
	@PYTHONPATH=.collections .venv/bin/python -m tools.matrix $(ARGS)

lock: ## Resolve tests/requirements.in into tests/requirements.txt again
	@tools/lock.sh
