# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories and files of a host, where links that lead nowhere stand in their places."""

import pytest

from tests.support.module_runner import Failed, run


@pytest.fixture
def link(tmp_path):
    """A link that leads nowhere."""
    path = tmp_path / "link"
    path.symlink_to("nowhere")
    return path


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("what", ["directories", "files"])
def test_a_link_is_not_written_through(link, what, check):
    wanted = {"path": str(link), **({"content": "x"} if what == "files" else {})}
    with pytest.raises(Failed, match="but something else exists there: move it away"):
        run("swarm_files", check=check, **{what: [wanted]})
    assert not (link.parent / "nowhere").exists()


def test_a_link_is_no_file_and_no_directory(link):
    found = run("swarm_files", sums={str(link): "00"}, required=[{"path": str(link)}])
    assert found["differing"] == [str(link)]
    assert found["unusable"] == {str(link): "it is not a directory"}


def test_a_link_makes_room_and_is_removed_like_a_file(link, tmp_path):
    moved = run("swarm_files", aside=[str(link)])
    assert moved["changed"]
    assert not link.is_symlink()
    assert [path.is_symlink() for path in tmp_path.iterdir()] == [True]
    assert run("swarm_files", directories=[{"path": str(tmp_path), "purge": True}])["changed"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("check", [True, False])
def test_what_must_be_absent_is_removed(link, tmp_path, check):
    (tmp_path / "directory/below").mkdir(parents=True)
    (tmp_path / "directory/below/file").write_text("x", encoding="utf-8")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "kept").write_text("x", encoding="utf-8")
    (tmp_path / "way").symlink_to("kept")
    paths = [str(tmp_path / name) for name in ("directory", "file", "link", "way", "never")]
    found = run("swarm_files", check=check, absent=paths)
    assert found["changed"]
    assert found["paths"] == paths[:-1]
    assert {path.name for path in tmp_path.iterdir()} == ({"directory", "file", "kept", "link", "way"} if check else {"kept"})
    assert run("swarm_files", check=True, absent=paths)["changed"] == check
