# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is collected for support from a platform that runs, also when one of its hosts does not answer."""

from __future__ import annotations

import io
import tarfile

import pytest

from tests.integration.site import lab_platform as world

SUPPORT = "swarm.learning.support"


def collected(place):
    """name in the archive → text, of the one archive that was made there; what is inside hosts' archives too."""
    [path] = place.glob("swarm_support_*.tar.gz")
    texts = {}
    with tarfile.open(path) as outer:
        for entry in filter(tarfile.TarInfo.isfile, outer):
            content = outer.extractfile(entry).read()
            if not entry.name.endswith(".tar.gz"):
                texts[entry.name.rpartition("/")[2]] = content.decode()
                continue
            with tarfile.open(fileobj=io.BytesIO(content)) as inner:
                texts.update({one.name: inner.extractfile(one).read().decode() for one in inner})
    return texts


@pytest.mark.usefixtures("platform")
def test_one_archive_has_what_all_hosts_know(tmp_path, log):
    before = world.containers()
    world.worked(world.play(log, "-i", str(world.LAB), "-e", f"support_dir={tmp_path}", book=SUPPORT))
    assert world.containers() == before
    texts = collected(tmp_path)
    for host in ("host-1", "host-2"):
        place = f"swarm_logs_{host}"
        assert "Starting SWARM-API-SERVER" in texts[f"{place}/sn_2.3.0_0.log"]
        assert "spiffe://" in texts[f"{place}/spire_spire-server.log"]
        assert "taskrunner" in next(text for name, text in texts.items() if name.startswith(place) and name.endswith("profile.yml"))
        assert f"{place}/out.log" in texts
    assert "PRIVATE KEY-----M" not in "".join(texts.values())
    assert texts["summary.txt"].startswith("host-1: ")


@pytest.mark.usefixtures("platform")
def test_a_host_that_does_not_answer_is_named(tmp_path, log):
    away = world.inventory(tmp_path, lambda tree: tree["hosts"]["host-2"].update(ansible_host="127.0.0.1", ansible_port=1))
    outcome = world.play(log, *away, "-e", f"support_dir={tmp_path}", book=SUPPORT)
    assert outcome.run.status != 0
    lines = collected(tmp_path)["summary.txt"].splitlines()
    assert "sn-1" in lines[0].removeprefix("host-1: ").split(", ")
    assert "host-2: nothing was collected; the output of the playbook says why" in lines
