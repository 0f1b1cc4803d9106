#!/usr/bin/env bash
# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds the collection and has it checked as Galaxy does when it is uploaded. A warning is a failure. ansible-lint is left out: it runs alone.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
ansible-galaxy collection build --output-path "$scratch" . >/dev/null
cd "$scratch" # the importer leaves a file of its results behind
archives=(swarm-learning-*.tar.gz)
if ! GALAXY_IMPORTER_RUN_ANSIBLE_LINT=false python -m galaxy_importer.main "${archives[0]}" >log 2>&1 || grep --quiet --extended-regexp '^(WARNING|ERROR)' log; then
  cat log
  exit 1
fi
