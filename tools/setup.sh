#!/usr/bin/env bash
# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes the development environment: a virtual environment in the user's cache, keyed by what it is made of, so that
# every checkout with the same requirements shares one; and the links `.venv` and `.collections` in the checkout.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/swarm-learning
requirements=tests/requirements.txt
python=${PYTHON:-python3}

fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# The link's name carries the key: when it points to a finished environment of these requirements there is nothing to do.
key=$(sha256sum "$requirements")
key=${key:0:16}
venv=
if [[ -L .venv ]]; then venv=$(readlink .venv); fi
collection=.collections/ansible_collections/swarm/learning
if [[ $venv == "$cache/venv-$key-"* && -e $venv/.complete && -e $collection/galaxy.yml ]]; then
  exit 0
fi

command -v "$python" >/dev/null || fail "$python is not installed; Python 3.11 or newer is needed (Debian: apt-get install python3 python3-venv)"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$python is $version; 3.11 or newer is needed (PYTHON=/path/to/python chooses one)"
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$python cannot make virtual environments: ensurepip is missing (Debian: apt-get install python3-venv)"

venv=$cache/venv-$key-$version
mkdir -p "$cache"
exec 9>"$cache/setup.lock"
flock 9 # two checkouts may ask for the same environment at once
if [[ ! -e $venv/.complete ]]; then
  printf 'setup: %s does not exist yet; installing about 90 pinned packages takes two minutes\n' "$venv"
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
  touch "$venv/.complete"
fi
ln -sfn "$venv" .venv
mkdir -p "$(dirname "$collection")"
ln -sfn ../../.. "$collection"
printf 'setup: .venv -> %s\n' "$venv"
