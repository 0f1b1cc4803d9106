#!/usr/bin/env bash
# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Resolves tests/requirements.in in an empty environment and writes the result to tests/requirements.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement tests/requirements.in
{
  sed '/^#/!d' tests/requirements.txt
  "$scratch/venv/bin/python" -m pip freeze
} >"$scratch/requirements.txt"
mv "$scratch/requirements.txt" tests/requirements.txt
