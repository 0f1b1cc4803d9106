# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup lock

help: ## What there is to say
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

setup: ## The development environment: .venv and .collections
	@tools/setup.sh

lock: ## Resolve tests/requirements.in anew into tests/requirements.txt
	@tools/lock.sh
