# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module in every release: check, run, run, check → changed, changed, ok, ok, in each state, on a real engine."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._releases import RELEASES

from tests.support.module_runner import Failed, run

EVERY = [(component, release) for release, components in RELEASES.items() for component in components]

SAME_TABLES = ("2.1.0", "2.2.0")  # as the newest's: tests/unit/test_releases.py


def climb(module, expected, **params):
    """Run check, run, run, check; the second run changes nothing and keeps the container."""
    foretold = run(module, check=True, **params)
    done = run(module, **params)
    again = run(module, **params)
    checked = run(module, check=True, **params)
    assert [r["changed"] for r in (foretold, done, again, checked)] == expected, [r["diff"] for r in (foretold, done, again, checked)]
    assert foretold["actions"] == done["actions"]
    assert foretold["diff"] == done["diff"]
    assert again["container"].get("Id") == done["container"].get("Id")
    return done


@pytest.mark.parametrize(("module", "release"), EVERY, ids=lambda value: value)
def test_ladder(world, module, release):
    params = world.params(module, release)
    made = climb(module, [True, True, False, False], **params)
    assert made["container"]["State"]["Running"]
    if release in SAME_TABLES:
        return
    unchanged = climb(module, [False] * 4, **params, state="present")
    assert unchanged["container"]["Id"] == made["container"]["Id"]
    changed = {**params, "env": {"ADDED": "1"}}
    if RELEASES[release][module].kept_inside:
        with pytest.raises(Failed, match=r"recreate: False protects the licences of .* re-created for env\.ADDED"):
            run(module, **changed)
        assert run(module, **params)["container"]["Id"] == made["container"]["Id"]
        run(module, **changed, recreate=True)
        params = changed
    edited = climb(module, [False] * 4 if params is changed else [True, True, False, False], **changed)
    assert edited["container"]["Id"] != made["container"]["Id"]
    climb(module, [True, True, False, False], state="absent", **{key: params[key] for key in ("name", "ml") if key in params})
    assert world.containers() == {}
