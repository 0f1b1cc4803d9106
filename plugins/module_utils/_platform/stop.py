# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stopping the platform's containers on one host, those first that depend on others (private to the collection)."""

from __future__ import annotations

import itertools
import os
import re
from concurrent import futures
from typing import TYPE_CHECKING, Any

from .._container.masking import mask
from .._container.spec import secrets_of
from .containers import STOP_ORDER, members, name_of, of_training
from .ours import is_labelled, own

if TYPE_CHECKING:
    from .._container.engine import Engine


def platform_of(image: str) -> str:
    """The ML platform, `tf` or `pyt`, of a 0.3.0 SL image; empty for others."""
    match = re.search(r"/sl-(tf|pyt):", image)
    return match[1] if match else ""


def selected(params: dict[str, Any]) -> set[str]:
    """The components that swarm_stop's flags choose; all but the License Server where no flag is given (RunningSL.md)."""
    flags = {flag for flag in (*STOP_ORDER, "sl_tf", "sl_pyt") if params.get(flag)}
    if params.get("all"):
        return set(STOP_ORDER)
    return flags or set(STOP_ORDER) - {"apls"}


def is_selected(component: str, image: str, chosen: set[str]) -> bool:
    """Whether a container of that component and image is among the chosen."""
    return component in chosen or (component == "sl" and f"sl_{platform_of(image)}" in chosen)


def stop(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_stop: stop, and unless `keep` remove, the chosen components of this host, their logs kept first when asked."""
    chosen = selected(params)
    there = of_training(members(engine), params.get("training"))
    if params["network"] is not None or params["directory"]:
        there = own(engine, there, params["network"] or [], params["directory"], params["names"])
    mine = [
        (component, summary)
        for component, _release, summary in there
        if is_selected(component, summary["Image"], chosen)
        and component in (params["components"] or STOP_ORDER)
        and not (is_record(component, summary) and not is_named(component, params))
    ]
    mine.sort(key=lambda m: (STOP_ORDER.index(m[0]), m[1]["Names"]))
    done: dict[str, list[Any]] = {"actions": [], "logs": [], "components": [], "removed": []}
    for component, group in itertools.groupby(mine, key=lambda m: m[0]):
        if _stop_together(engine, params, check_mode, [summary for _component, summary in group], done):
            done["components"].append(component)
    return {"changed": bool(done["actions"]), **done}


def _stop_together(
    engine: Engine, params: dict[str, Any], check_mode: bool, group: list[dict[str, Any]], done: dict[str, list[Any]]
) -> bool:
    """Stop containers of one component at the same time, as they do not depend on each other; whether there was something to do."""
    running = [summary for summary in group if summary["State"] in ("running", "paused", "restarting")]
    logged = [] if not params["log_dir"] else running if params["keep"] else group
    removed = [] if params["keep"] else group
    done["logs"] += [_log_path(params, summary) for summary in logged]
    done["actions"] += [f"stop {name_of(summary)}" for summary in running] + [f"remove {name_of(summary)}" for summary in removed]
    done["removed"] += [{"kind": "container", "name": name_of(summary)} for summary in removed]
    if not check_mode:
        _stop_and_remove(engine, params, running, logged, removed)
    return bool(running or removed)


def _stop_and_remove(
    engine: Engine,
    params: dict[str, Any],
    running: list[dict[str, Any]],
    logged: list[dict[str, Any]],
    removed: list[dict[str, Any]],
) -> None:
    for summary in logged:  # now, as a container that was run with --rm is gone when it has stopped
        _keep_log(engine, summary, params)
    with futures.ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda summary: engine.stop(summary["Id"], params["stop_timeout"]), running))
    for summary in running if logged else ():  # and again, as what it said at its end is worth reading
        _keep_log(engine, summary, params)
    for summary in removed:
        engine.remove(summary["Id"])


def is_record(component: str, summary: dict[str, Any]) -> bool:
    """Whether a container of the collection has done what it was for: it says so to the next `site`, which would do it again without it."""
    return is_labelled(summary) and component in ("swci", "sl", "ml") and summary["Status"].startswith("Exited (0)")


def is_named(component: str, params: dict[str, Any]) -> bool:
    """Whether a flag says exactly this component, and not just everything."""
    named: bool = params[component] or (component == "sl" and (params["sl_tf"] or params["sl_pyt"]))
    return named


def _log_path(params: dict[str, Any], summary: dict[str, Any]) -> str:
    return os.path.join(params["log_dir"], f"{name_of(summary)}.log")


def _keep_log(engine: Engine, summary: dict[str, Any], params: dict[str, Any]) -> None:
    inspect = engine.inspect(summary["Id"])
    if not inspect:
        return
    os.makedirs(params["log_dir"], mode=0o700, exist_ok=True)
    text = mask(engine.log_tail(summary["Id"], "all"), secrets_of(inspect))
    with open(os.open(_log_path(params, summary), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
