# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform's environment variables as data: which component of which release has them, and what values they take (private, pure).

Sources: the platform's docs/Install/Environment_variables.md of 2.x, its examples' profiles (log levels), and RunningSL.md for 0.3.0. Those
that an option of a module sets are in `_releases` already, and are taken from there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..module_utils._releases import RELEASES, SWCI_WAITS

COMPONENTS = ("sn", "sl", "swop", "swci")
PREFIXES = ("SN_", "SL_", "SWOP_", "SWCI_", "SWARM_")
ML = "ml"  # the user's own container, which a few of the platform's variables concern too
ALL = tuple(RELEASES)
CURRENT = tuple(release for release in ALL if "swop" in RELEASES[release])
LEVELS = ("CRITICAL", "FATAL", "ERROR", "WARNING", "WARN", "INFO", "DEBUG", "NOTSET")


@dataclass(frozen=True)
class Variable:
    """One environment variable.

    components  the containers that read it
    meaning     what it does, for people
    kind        `flag`, `count` (a whole number, 0 or more), `port`, `choice` (of `values`), or `text`
    default     what the component does without it
    releases    those that have it
    """

    components: tuple[str, ...]
    meaning: str
    kind: str = "text"
    default: str = ""
    releases: tuple[str, ...] = CURRENT
    values: tuple[str, ...] = ()


_LEVEL = Variable(COMPONENTS, "log level", "choice", "INFO", ALL, LEVELS)

DOCUMENTED = {
    "SWARM_LOOPBACK": Variable(
        (*COMPONENTS, ML), "true: the ML program trains alone, to try it without the platform", "flag", "false", ALL
    ),
    "SWARM_LOG_LEVEL": replace(_LEVEL, components=(*COMPONENTS, ML)),
    "LOGS_DIR": Variable(COMPONENTS, "directory of its logs in the container; set by the image"),
    "USR_DIR": Variable(COMPONENTS, "directory of the user's files in the container; set by the image"),
    "swarm_node_type": Variable((*COMPONENTS, ML), "identifies the container to SPIRE; set by this collection", releases=ALL),
    "SN_LOG_LEVEL": replace(_LEVEL, components=("sn",)),
    "SN_START_MINING": Variable(("sn",), "true: an SN that is not the Sentinel also mines", "flag", "false"),
    "SL_LOG_LEVEL": replace(_LEVEL, components=("sl",)),
    "SL_MAKE_ME_ADMIN": Variable(("sl",), "false: the node is never the leader that merges, for slow nodes", "flag", "true"),
    "SL_LEADER_FAILURE_BASE_TIMEOUT": Variable(
        ("sl",), "seconds without a merge after which another leader is chosen", "count", "600 (120 in earlier releases)"
    ),
    "SL_WAIT_FOR_FULL_QUORUM_SECONDS": Variable(
        ("sl",), "seconds that the leader waits for more nodes once the minimum number of peers is reached", "count", "30", ALL
    ),
    "SL_RAM_INTENSIVE": Variable(
        ("sl",), "false: medians are merged layer by layer, slower and in less memory", "flag", "true", ("2.1.0", "2.2.0", "2.3.0")
    ),
    "SL_MODEL_PARAMS_COMPRESSION_THRESHOLD_MB": Variable(
        ("sl",), "megabytes from which the model's parameters are compressed", "count", "250", ("2.3.0",)
    ),
    "SL_REQUEST_CHANNEL": Variable(("sl", ML), "path of the channel between SL and ML; set if both are started together"),
    "SL_RESPONSE_CHANNEL": Variable(("sl", ML), "path of the channel between SL and ML; set if both are started together"),
    "SWOP_LOG_LEVEL": replace(_LEVEL, components=("swop",), releases=CURRENT),
    "SWOP_KEEP_CONTAINERS": Variable(("swop",), "true: SL and ML containers are kept after their end, with their logs", "flag", "false"),
    "SWOP_GID": Variable(("swop",), "primary group of the user that swop_uid names; set with it", "count"),
    "SWCI_LOG_LEVEL": replace(_LEVEL, components=("swci",)),
    "SWCI_MODE": Variable(
        ("swci",), "WEB: REST interface instead of a command line; set with web_port", "choice", "CLI", values=("CLI", "WEB")
    ),
    **{
        name: Variable(
            ("swci",),
            "minutes that the SWCI waits for a task; follows from swarm_training_days",
            "count",
            "120",
            tuple(release for release in SWCI_WAITS if name in SWCI_WAITS[release]),
        )
        for name in dict.fromkeys(name for names in SWCI_WAITS.values() for name in names)
    },
}
_KINDS = {"port": "port", "web_port": "port", "flag": "flag"}


def of_options(component: str) -> dict[str, Variable]:
    """The variables that options of the component's module set."""
    found: dict[str, Variable] = {}
    for release in ALL:
        tables = RELEASES[release]
        for name, option in tables[component].options.items() if component in tables else ():
            if option.env:
                before = found.get(option.env) or Variable(
                    (component,), f"set by the option `{name}`", _KINDS.get(option.kind, "text"), releases=()
                )
                releases = dict.fromkeys((*before.releases, release))
                found[option.env] = replace(before, releases=tuple(releases))
    return found


def known(component: str) -> dict[str, Variable]:
    """name → variable, of all releases of a component."""
    own = of_options(component) if component != ML else {}
    return {**own, **{name: variable for name, variable in DOCUMENTED.items() if component in variable.components}}
