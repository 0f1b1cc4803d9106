#!/usr/bin/env bash
# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make test`: all checks, quick ones first, each with its duration. What does not share anything runs at once: the lab's images are built
# beside the linters and unit tests, and the tests that only need this machine's engine run beside those on the lab's hosts.
set -euo pipefail
cd "$(dirname "$0")/.."
output=tests/output
rm -rf "$output"
mkdir -p "$output"
export PYTHONPATH=$PWD/tests/tools/less_collection
set -m # what runs beside is a process group of its own, which ends with this script
# shellcheck disable=SC2317 # the trap calls it
end_jobs() {
  local job
  for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done
}
trap end_jobs EXIT

phase() {
  local name=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  "$@" || { printf '== %s failed after %d s\n' "$name" "$((SECONDS - start))" >&2; return 1; }
  printf '== %s: %d s\n' "$name" "$((SECONDS - start))"
}

beside() { # a phase whose output is shown by `joined`, when it has ended
  local name=$1
  phase "$@" >"$output/$name.log" 2>&1 &
  beside_pid=$!
}

joined() {
  local name=$1 status=0
  wait "$2" || status=$?
  cat "$output/$name.log"
  return "$status"
}

# shellcheck disable=SC2317 # `phase` calls it
tests() {
  local name=$1
  shift
  .venv/bin/pytest --durations=25 --durations-min=5 --junit-xml="$output/$name.xml" "$@"
}

# shellcheck disable=SC2317 # `phase` calls it
new_lab() { # hosts that an interrupted run left behind would be taken for the platform that the tests bring up
  .venv/bin/python -m lab engine && .venv/bin/python -m lab down && .venv/bin/python -m lab images
}

beside images new_lab
images=$beside_pid
beside sanity make --no-print-directory sanity
sanity=$beside_pid
phase lint make --no-print-directory lint
joined sanity "$sanity"
phase unit tests unit --numprocesses=auto tests/unit
joined images "$images"

# These bring up platforms of their own, so they can have hosts of their own.
elsewhere=(tests/integration/classic tests/integration/site/test_{backup,platform_examples,reverse_proxy}.py)
# shellcheck disable=SC2317 # `beside` calls it
engine_and_more_hosts() {
  local status=0
  phase engine tests engine tests/integration/test_*.py tests/integration/lab tests/integration/spire || status=1
  renice --priority 10 --pid "$BASHPID" >/dev/null # the tests of the other hosts take longer, so that they go first
  SWARM_TEST_FIRST_HOST=4 phase more-hosts tests more-hosts "${elsewhere[@]}" || status=1
  return "$status"
}

failed=0
beside engine_and_more_hosts engine_and_more_hosts
more=$beside_pid
phase hosts tests hosts tests/molecule tests/integration/site "${elsewhere[@]/#/--ignore=}" || failed=1
joined engine_and_more_hosts "$more" || failed=1
.venv/bin/python tests/tools/closing_line.py "$output"/{unit,engine,hosts,more-hosts}.xml || failed=1
exit "$failed"
