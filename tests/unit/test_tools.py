# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of `make demo` that decide something."""

import json
from pathlib import Path

import pytest
import yaml

from lab import playbook_runner, training
from tools import cases, demo, matrix, terminal

HOST_1, HOST_2 = training.Host("host-1", "swarm-lab-host-1"), training.Host("host-2", "swarm-lab-host-2")


def container(name, created, component=None, channel=True, started="", program=False):
    """The parts of an inspect answer that decide which containers a training consists of."""
    return {
        "Id": f"{name} of {created}",
        "Created": created,
        "State": {"StartedAt": started},
        "HostConfig": {"VolumesFrom": ["sl"] if channel else None},
        "Config": {
            "Hostname": name,
            "Env": ["MLCMD=run digits.py"] if program else ["SL_REQUEST_CHANNEL=/tmp/channel/request.channel"] if channel else None,
            "Labels": {"learning.swarm.component": component} if component else None,
        },
    }


SWCI = (HOST_1, container("swci-1", "2026-01-01T10:00:00", component="swci", channel=False, started="2026-01-01T12:00:00"))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([], [], id="nothing yet"),
        pytest.param([SWCI], [], id="SWCI is no ML container"),
        pytest.param([(HOST_1, container("ml-1", "2026-01-01T09:00:00"))], ["ml-1 of 2026-01-01T09:00:00"], id="no SWCI any more"),
        pytest.param([SWCI, (HOST_1, container("ml-1", "2026-01-01T11:59:00"))], [], id="of a training before this one"),
        pytest.param(
            [
                SWCI,
                (HOST_2, container("ml-3", "2026-01-01T12:01:00")),
                (HOST_1, container("ml-1", "2026-01-01T12:01:00")),
                (HOST_1, container("ml-1", "2026-01-01T12:02:00")),
            ],
            ["ml-1 of 2026-01-01T12:02:00", "ml-3 of 2026-01-01T12:01:00"],
            id="the newest of each host name",
        ),
        pytest.param(
            [SWCI, (HOST_1, container("sl-1", "2026-01-01T11:59:00", component="sl", channel=False, program=True))],
            ["sl-1 of 2026-01-01T11:59:00"],
            id="an SL of 0.3.0, which no SWCI starts",
        ),
    ],
)
def test_current_training(found, expected):
    assert [container["Id"] for _host, container in training.current(found)] == expected


def lines(*events):
    return iter(["a warning that is no JSON", *(json.dumps(event) for event in events)])


def test_playbook_report():
    run, seen = playbook_runner.Run(), []
    playbook_runner.read(
        lines(
            {"_event": "v2_playbook_on_play_start", "play": {"name": "License Server"}},
            {"_event": "v2_playbook_on_task_start", "task": {"name": "The License Server runs"}},
            {"_event": "v2_runner_on_ok", "hosts": {"host-1": {}}},
            {
                "_event": "v2_runner_on_failed",
                "task": {"name": "Answers"},
                "hosts": {"host-1": {"results": [{"msg": "well"}, {"failed": True, "msg": "port 5814 is closed"}]}},
            },
            {"_event": "v2_playbook_on_stats", "stats": {"host-1": {"ok": 2, "changed": 1}, "host-2": {"ok": 3, "changed": 0}}},
        ),
        run,
        lambda event, _run: seen.append(event),
    )
    assert seen == ["play", "task", "failed", "end"]
    assert [(play.name, play.tasks) for play in run.plays] == [("License Server", ["The License Server runs"])]
    assert run.failures == ["host-1: Answers\nport 5814 is closed"]
    assert (run.total("ok"), run.total("changed")) == (5, 1)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (12.34, "12.3 s"), (99.94, "99.9 s"), (100, "1 min 40 s"), (3599.6, "60 min 00 s")]
)
def test_duration(seconds, text):
    assert terminal.duration(seconds) == text


ROOT = Path(__file__).resolve().parents[2]


def test_every_case_has_an_inventory_and_a_row_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, case in cases.CASES.items():
        assert (ROOT / case.inventory).is_dir(), name
        assert f"`{name}`" in readme


def test_unknown_case_is_refused_with_the_known_ones(capsys):
    assert demo.main(["nestled"]) == 2
    reported = capsys.readouterr().out
    assert "unknown CASE 'nestled'" in reported
    assert all(name in reported for name in cases.CASES)


def test_matrix_reaches_what_the_collection_allows():
    """The oldest core exactly as `requires_ansible` names it, and collections of both ends."""
    controllers = [cell for cell in matrix.CELLS if isinstance(cell, matrix.Controller)]
    least = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["requires_ansible"].removeprefix(">=")
    assert controllers[0].core == least
    assert {cell.collections for cell in controllers} == {"oldest", "newest"}
    dependencies = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["dependencies"]
    assert matrix.OLDEST.keys() == matrix.NEWEST.keys() == dependencies.keys()


def test_matrix_refuses_words_that_choose_no_cell(capsys):
    assert matrix.main(["core-1.9"]) == 2
    assert "no cell's name contains core-1.9" in capsys.readouterr().out


def test_matrix_says_which_cells_did_not_run(monkeypatch, capsys):
    monkeypatch.setattr(matrix, "interpreter", lambda _version: None)
    assert matrix.main(["host python-3.9 docker==7.*"]) == 0
    assert "not run: Python 3.9 is not installed" in capsys.readouterr().out


def test_matrix_fails_if_a_host_prints_something_else(monkeypatch, capsys):
    monkeypatch.setattr(matrix, "run_host", lambda _cell, _python: "FAILED: no such socket")
    monkeypatch.setattr(matrix, "interpreter", lambda version: f"python{version}")
    assert matrix.main(["host python-3.9 docker==7.*"]) == 1
    assert "FAILED: no such socket" in capsys.readouterr().out
