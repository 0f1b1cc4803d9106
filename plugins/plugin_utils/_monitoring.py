# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that writes the metrics of a host, as files for hosts that have no Ansible (private).

It is what modules are made of, at the same places below one directory: a host is judged by the same code whoever asks.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MODULE_UTILS = Path(__file__).parents[1] / "module_utils"
_PACKAGE = "swarm_metrics"
LAUNCHER = "swarm-metrics"
# What `_monitoring/program.py` imports, and what that does.
PROGRAM = (
    "_component/check.py",
    "_component/check_container.py",
    "_component/translate.py",
    "_container/engine.py",
    "_container/further.py",
    "_container/host.py",
    "_container/least_python.py",
    "_container/log_signatures.py",
    "_container/masking.py",
    "_container/parse.py",
    "_container/podman.py",
    "_container/readiness.py",
    "_container/ready_signal.py",
    "_container/requirements.py",
    "_container/spec.py",
    "_monitoring/exposition.py",
    "_monitoring/metrics.py",
    "_monitoring/program.py",
    "_names.py",
    "_platform/containers.py",
    "_platform/license_server.py",
    "_platform/swci.py",
    "_platform/training.py",
    "_platform/training_info.py",
    "_preflight/tcp.py",
    "_releases.py",
    "_spire/absent_server.py",
    "_spire/config.py",
    "_spire/datastore.py",
    "_spire/info.py",
    "_spire/join_tokens.py",
    "_spire/legacy_output.py",
    "_spire/lifetime.py",
    "_spire/server.py",
    "_spire/trust_bundle.py",
    "_spire/x509.py",
)
_LAUNCHER_TEXT = """\
#!{python}
# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes the metrics of this host: {launcher} CONFIGURATION
from {package}._monitoring.program import main

main()
"""


def files(settings: Mapping[str, Any], directory: str, python: str) -> dict[str, list[dict[str, str]]]:
    """The program with its configuration: {directories, files} as `swarm_files` takes them.

    settings   the configuration, as `_monitoring.program.gather` takes it
    directory  of the program on the host
    python     path of the host's Python that has the Docker SDK
    """
    launcher = _LAUNCHER_TEXT.format(python=python, launcher=LAUNCHER, package=_PACKAGE)
    texts = {name: (_MODULE_UTILS / name).read_text(encoding="utf-8") for name in PROGRAM}
    placed = [{"path": posixpath.join(directory, _PACKAGE, name), "content": text} for name, text in texts.items()]
    folders = dict.fromkeys(posixpath.dirname(one["path"]) for one in placed)
    return {
        "directories": [{"path": directory, "mode": "0755"}, *({"path": folder} for folder in sorted(folders))],
        "files": [
            *placed,
            {"path": posixpath.join(directory, LAUNCHER), "content": launcher, "mode": "0755"},
            {"path": posixpath.join(directory, "configuration.json"), "content": f"{json.dumps(settings, indent=2, sort_keys=True)}\n"},
        ],
    }
