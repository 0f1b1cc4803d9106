#!/usr/bin/env bash
# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make test`: all checks, quick ones first, each with its duration. The tests are one pytest run, so that its last line counts
# them all.
set -euo pipefail
cd "$(dirname "$0")/.."

phase() {
  local name=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  "$@" || { printf '== %s failed after %d s\n' "$name" "$((SECONDS - start))" >&2; exit 1; }
  printf '== %s: %d s\n' "$name" "$((SECONDS - start))"
}

phase lint make --no-print-directory lint
phase sanity make --no-print-directory sanity
printf '\n== unit, integration, molecule\n'
exec .venv/bin/pytest --durations=25 --durations-min=5 tests/unit tests/integration tests/molecule
