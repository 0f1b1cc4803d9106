# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting, running programs and jobs: the messages if something fails."""

from __future__ import annotations

import sys

import pytest

from lab.process import run
from lab.report import LabError, step, tail, wait_for
from lab.world import Work


def test_wait_for_returns_as_soon_as_it_is_ready() -> None:
    answers = iter([False, False, True])
    wait_for(lambda: next(answers), "the thing", 5)
    assert list(answers) == []


def test_wait_for_names_what_is_missing() -> None:
    with pytest.raises(LabError, match="the thing: not ready after 0 s"):
        wait_for(lambda: False, "the thing", 0)


def test_wait_for_fails_at_once_if_the_process_has_exited() -> None:
    with pytest.raises(LabError, match="the thing: it ended: no space"):
        wait_for(lambda: False, "the thing", 60, lambda: "it ended: no space")


def test_tail_is_the_end() -> None:
    assert tail("\n".join("abcdef"), 2) == "e\nf"


def test_step_reports_its_text_and_duration(capsys: pytest.CaptureFixture[str]) -> None:
    with step("counting"):
        pass
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("counting ...")
    assert second.endswith("counting: done in 0.0 s")


def test_failed_program_shows_its_last_lines() -> None:
    with pytest.raises(LabError, match=r"(?s)it cannot be made: python.* exited with 3\nout of cheese$"):
        run([sys.executable, "-c", "import sys; print('out of cheese'); sys.exit(3)"], "it cannot be made")


def test_jobs_all_done() -> None:
    work = Work()
    jobs = [work.start(pow, 2, n) for n in range(4)]
    work.finish()
    assert [job.result() for job in jobs] == [1, 2, 4, 8]


def test_first_failed_job_is_reported() -> None:
    def fail() -> None:
        raise LabError("no cheese")

    work = Work()
    work.start(pow, 2, 2)
    work.start(fail)
    with pytest.raises(LabError, match="no cheese"):
        work.finish()
