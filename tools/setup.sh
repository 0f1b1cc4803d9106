#!/usr/bin/env bash
# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Creates the development environment: a virtual environment in the user's cache, which all checkouts with the same requirements
# share, and the links `.venv` and `.collections` in the checkout.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/swarm-learning
requirements=tests/requirements.txt
python=${PYTHON:-python3}
# The distribution's Python is built for speed, which that of a version manager often is not: it saves a seventh of the tests' time.
if [[ -z ${PYTHON:-} ]] && /usr/bin/python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  python=/usr/bin/python3
fi

fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# The environment's name contains the hash of the requirements: if the link points to a complete one there is nothing to do.
key=$(sha256sum "$requirements")
key=${key:0:16}
venv=
if [[ -L .venv ]]; then venv=$(readlink .venv); fi
collection=.collections/ansible_collections/swarm/learning
if [[ $venv == "$cache/venv-$key-"* && -e $venv/.complete && -e $collection/galaxy.yml ]]; then
  exit 0
fi

command -v "$python" >/dev/null || fail "$python is not installed; install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$python is version $version; expected 3.11 or newer (choose another with PYTHON=/path/to/python)"
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$python cannot create virtual environments: ensurepip is missing (Debian: apt-get install python3-venv)"

venv=$cache/venv-$key-$version
mkdir -p "$cache"
exec 9>"$cache/setup.lock"
flock 9 # two checkouts may create the same environment at the same time
if [[ ! -e $venv/.complete ]]; then
  printf 'setup: creating %s with about 140 pinned packages, which takes about two minutes\n' "$venv"
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
  touch "$venv/.complete"
fi
ln -sfn "$venv" .venv
mkdir -p "$(dirname "$collection")"
ln -sfn ../../.. "$collection"
printf 'setup: .venv -> %s\n' "$venv"
