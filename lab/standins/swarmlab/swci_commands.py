# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of SWCI: each command's form, and a parser for them. Keywords are written in any case."""

from __future__ import annotations

import re
from dataclasses import dataclass

# One line a form: CAPITALS are keywords, <name> a value, <name:int> a number of 0 or more, <name*> the rest of the line, [..] may be missing.
FORMS = {
    "create_context_ip": "CREATE CONTEXT <name> WITH IP <ip> [<port:int>]",
    "create_context_service": "CREATE CONTEXT <name> WITH SERVICE <service>",
    "switch_context": "SWITCH CONTEXT <name>",
    "list_contexts": "LIST CONTEXTS",
    "context_info": "GET CONTEXT INFO [<name>]",
    "context_env": "SET CONTEXT ENV <name> <key> <value>",
    "context_value": "GET CONTEXT ENV <name> <key>",
    # Without a name they mean the current context.
    "own_env": "SET CONTEXT ENV <key> <value>",
    "own_value": "GET CONTEXT ENV <key>",
    "context_values": "LIST CONTEXT ENV [<name>]",
    "context_version": "GET CONTEXT VERSION",
    "wait_ip": "WAIT FOR IP <ip> [<port:int>] [<retries:int>]",
    "wait_service": "WAIT FOR SERVICE <service> [<retries:int>]",
    "create_task": "CREATE TASK FROM <file>",
    "create_empty_task": "CREATE TASK <kind> <name> <author> <prereq> <outcome>",
    "append_body": "APPEND TASK BODY <name> <idx:int> <line*>",
    "finalize_task": "FINALIZE TASK <name>",
    "task_info": "GET TASK INFO <name>",
    "task_body": "GET TASK BODY <name>",
    "list_tasks": "LIST TASKS",
    "delete_task": "DELETE TASK <name>",
    "assign_peers": "ASSIGN TASK <task> TO <runner> WITH <peers:int> PEERS",
    "assign_all": "ASSIGN TASK <task> TO <runner> WITH ALL PEERS",
    "assign_target": "ASSIGN TASK <task> TO <runner> TARGET <uid>",
    "wait_runner": "WAIT FOR TASKRUNNER <runner>",
    "create_runner": "CREATE TASKRUNNER <name>",
    "list_runners": "LIST TASKRUNNERS",
    "reset_runner": "RESET TASKRUNNER <runner>",
    "runner_status": "GET TASKRUNNER STATUS <runner>",
    "runner_peers": "LIST TASKRUNNER PEERS <runner>",
    "runner_info": "GET TASKRUNNER INFO <runner>",
    "peer_status": "GET TASKRUNNER PEER STATUS <runner> <index:int>",
    "swop_status": "GET TASKRUNNER PEER STATUS <runner> <uid>",
    "create_contract": "CREATE CONTRACT <name>",
    "list_contracts": "LIST CONTRACTS",
    "reset_contract": "RESET CONTRACT <name>",
    "contract_status": "GET CONTRACT STATUS <name>",
    "contract_info": "GET CONTRACT INFO <name>",
    # The platform's document has the first form, its Python client the second.
    "perfdata_contract": "PERFDATA CONTRACT <name>",
    "perfdata": "PERFDATA <name>",
    "list_nodes": "LIST NODES",
    "cd": "CD <directory>",
    "ls": "LS [<directory>]",
    "pwd": "PWD",
    "sleep": "SLEEP <seconds:int>",
    "exit_on_failure": "EXIT ON FAILURE [<switch>]",
    "exit": "EXIT",
    "help": "HELP [<command>]",
}


@dataclass(frozen=True)
class Command:
    """A line that was understood: which form, and its values by name; what may be missing and is, is None."""

    form: str
    values: dict[str, str | int | None]


class NotUnderstood(Exception):
    """A line that is no command; the text says which forms come nearest."""


def _matches(form: str, text: str) -> tuple[int, dict[str, str | int | None] | None]:
    """How many words of the line fit the form, and its values when all do."""
    words = text.split(" #")[0].split()
    values: dict[str, str | int | None] = {}
    place = 0
    for written in form.split():
        optional, part = written.startswith("["), written.strip("[]")
        word = words[place] if place < len(words) else None
        if not part.startswith("<"):
            if word is None or word.upper() != part:
                return place, None
        else:
            name, kind = part.strip("<>").removesuffix(":int"), part.endswith(":int>")
            if word is None and optional:
                values[name] = None
                continue
            if word is None or (kind and not (word.isascii() and word.isdigit())):
                return place, None
            if name.endswith("*"):
                return place, {**values, name.rstrip("*"): re.sub(rf"^(\S+\s+){{{place - 1}}}\S+\s", "", text)}
            values[name] = int(word) if kind else word
        place += 1
    return place, values if place == len(words) else None


def parse(line: str) -> Command | None:
    """The command in a line, None for an empty one or a comment. Raises NotUnderstood."""
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    found = {name: _matches(form, text) for name, form in FORMS.items()}
    whole = [(form, values) for form, (_fit, values) in found.items() if values is not None]
    if whole:
        return Command(*whole[0])
    best = max(fit for fit, _values in found.values())
    near = [FORMS[form] for form, (fit, _values) in found.items() if fit == best and best]
    raise NotUnderstood(f"{text}: not a command" + (f"; it is written: {' or: '.join(near)}" if near else "; HELP lists all of them"))
