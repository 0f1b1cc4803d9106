# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup lock test lint sanity unit integration molecule demo demo-down lab lab-down bench docs

# Tools that call each other by name (ansible-lint, molecule) find them here, and nobody has to activate anything.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nCASE for make demo:\n' && python3 -m tools.cases

setup: ## The development environment: .venv and .collections
	@tools/setup.sh

demo: setup ## Everything from nothing to a trained model, on two simulated hosts (CASE=… for another world)
	@.venv/bin/python -m tools.demo $(CASE)

demo-down: lab-down ## Leave nothing of the demo behind

lab: setup ## The simulated hosts, registry and images alone
	@.venv/bin/python -m lab up

lab-down: setup ## Remove them
	@.venv/bin/python -m lab down

bench: setup ## The figures: bring-up beside its floor, a run that changes nothing (ARGS="--demo --cold" for more)
	@PYTHONPATH=.collections .venv/bin/python -m tools.bench $(ARGS)

docs: setup ## Write docs/contract.md from the tables of the releases
	@PYTHONPATH=.collections .venv/bin/python -m tools.contract

test: setup ## All checks, quick ones first
	@tools/test.sh

lint: setup ## ruff, mypy, ansible-lint and the changelog's own check
	@ruff check
	@ruff format --check
	@mypy -p ansible_collections.swarm.learning.plugins
	@ansible-lint
	@antsibull-changelog lint
	@PYTHONPATH=.collections .venv/bin/python -m tools.sizes

sanity: setup ## Ansible's own checks, over the tracked files
	@.venv/bin/python tests/tools/sanity.py

unit: setup ## Tests that need no Docker Engine
	@pytest tests/unit

integration: setup ## Tests against a real Docker Engine and the lab
	@pytest tests/integration

molecule: setup ## The platform's whole life on the lab's hosts
	@pytest tests/molecule

lock: ## Resolve tests/requirements.in anew into tests/requirements.txt
	@tools/lock.sh
