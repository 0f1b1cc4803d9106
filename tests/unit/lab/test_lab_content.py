# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides whether an image is built again."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from lab.content import Tree, archive, archive_of, context_key, files_below, key_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["ab", "c"], ["a", "bc"]),
        (["a"], ["a", ""]),
        (["a", "b"], ["b", "a"]),
        ([], [""]),
    ],
)
def test_keys_tell_parts_apart(one: list[str], other: list[str]) -> None:
    assert key_of(one) != key_of(other)


def test_text_and_its_bytes_are_the_same_part() -> None:
    assert key_of(["é"]) == key_of(["é".encode()])


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "sub" / "__pycache__").mkdir(parents=True)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "sub" / "run").write_text("#!/bin/sh\n")
    (tmp_path / "sub" / "__pycache__" / "run.cpython-311.pyc").write_bytes(b"left behind")
    (tmp_path / "README.md").write_text("for people\n")
    return tmp_path


def test_files_below_leave_out_what_is_not_content(context: Path) -> None:
    assert [name for name, _content in files_below(context)] == ["Dockerfile", "sub/run"]


@pytest.mark.parametrize("change", ["content", "mode", "name", "tree", "word"])
def test_every_change_of_a_context_changes_its_key(context: Path, change: str) -> None:
    trees, words = {"bin": Tree(context, "1")}, ["target"]
    before = context_key(files_below(context), trees, *words)
    if change == "content":
        (context / "sub" / "run").write_text("#!/bin/sh\ntrue\n")
    elif change == "mode":
        (context / "sub" / "run").chmod(0o755)
    elif change == "name":
        (context / "sub" / "run").rename(context / "sub" / "walk")
    elif change == "tree":
        trees = {"bin": Tree(context, "2")}
    else:
        words = ["another"]
    assert context_key(files_below(context), trees, *words) != before


def test_key_ignores_times_and_leftovers_of_tools(context: Path) -> None:
    before = context_key(files_below(context), {})
    (context / "Dockerfile").touch()
    (context / "sub" / "__pycache__" / "more.pyc").write_bytes(b"")
    assert context_key(files_below(context), {}) == before


def test_an_archive_has_files_and_trees_and_no_owner(context: Path) -> None:
    with archive(files_below(context), {"tree": Tree(context / "sub", "1")}) as stream, tarfile.open(fileobj=stream) as tar:
        members = {member.name: member for member in tar}
    assert {"Dockerfile", "sub/run", "tree", "tree/run"} <= set(members)
    assert {(member.uid, member.gid, member.mtime, member.uname) for member in members.values()} == {(0, 0, 0, "")}


def test_an_archive_for_a_container_has_modes_owner_and_directories() -> None:
    content = archive_of({"root/.ssh/authorized_keys": (b"key", 0o600), "etc/ca.crt": (b"ca", 0o644)}, owner=1000)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        members = {member.name: (member.isdir(), member.mode, member.uid) for member in tar}
    assert members == {
        "root": (True, 0o755, 0),
        "root/.ssh": (True, 0o700, 0),
        "root/.ssh/authorized_keys": (False, 0o600, 1000),
        "etc": (True, 0o755, 0),
        "etc/ca.crt": (False, 0o644, 1000),
    }
