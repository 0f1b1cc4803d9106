# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides whether the SWCI runs its script (private, pure). A script resets the taskrunner and the contract, so a second run ends a training."""

from __future__ import annotations

from typing import Any

_KILLED = (137, 143)  # the container was stopped, as by a reboot: the training that its script started may go on without it


def decide(recorded: bool, known: bool, rewritten: bool, state: dict[str, Any], again: bool, held: bool = False) -> dict[str, Any]:
    """What to do with a SWCI that has a script: {run, record, interrupted, waits}.

    recorded   the host's record names the script and tasks as they are now
    known      the host has a record at all; an older version of the collection kept none
    rewritten  the script or a task was written in this run
    state      `State` of the SWCI's container as the engine says it; empty without a container
    again      the user asks for the script to be run again
    held       a training is in progress, which a script would end

    run: the container is made from what is described, and runs the script. record: the host's record is to be written, without a run.
    waits: it would run, and does so in a later run of the playbook. interrupted: the script was stopped half-way and is not run again by itself.
    """
    ran, never_started, failed, killed = _ended(state)
    taken_over = not known and not rewritten and ran
    wanted = again or never_started or failed or not (recorded or taken_over)
    return {
        "run": wanted and not held,
        "waits": wanted and held,
        "record": taken_over and not wanted,
        "interrupted": not wanted and killed,
    }


def _ended(state: dict[str, Any]) -> tuple[bool, bool, bool, bool]:
    """Whether the container (runs or ended well, was never started, failed, was killed)."""
    status, code = state.get("Status", ""), state.get("ExitCode") or 0
    ended = status in ("exited", "dead")
    ran = status == "running" or (status == "exited" and code == 0)
    return ran, status == "created", ended and code != 0 and code not in _KILLED, status == "exited" and code in _KILLED
