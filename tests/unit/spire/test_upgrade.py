# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SPIRE Server goes up one minor release at a time, and never down."""

from types import SimpleNamespace

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._component.check_container import OptionError
from ansible_collections.swarm.learning.plugins.module_utils._spire import upgrade


@pytest.mark.parametrize(
    ("there", "wanted", "says"),
    [
        ("1.14.5", "1.15.3", ""),
        ("1.15.0", "1.15.3", ""),
        ("1.15.3", "1.15.0", ""),
        ("0.12.0", "0.12.3", ""),
        ("0.12.3", "1.0.0", ""),
        ("1.9.6", "1.10.0", ""),
        ("1.8.7", "1.10.0", "upgrade to 1.9 first"),
        ("1.8.7", "1.15.3", "upgrade to 1.9, 1.10, 1.11, 1.12, 1.13, 1.14 first"),
        ("0.12.0", "1.2.0", "upgrade to 1.0, 1.1 first"),
        ("1.15.3", "1.14.5", "cannot be downgraded from 1.15; expected this version or a newer one"),
        ("1.0.0", "0.12.3", "cannot be downgraded"),
    ],
)
def test_steps(there, wanted, says):
    said = upgrade.problem(*map(upgrade.version_of, (there, wanted)))
    assert says in said
    assert bool(said) == bool(says)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.15.3", (1, 15, 3)),
        ("v1.8.7-alpine", (1, 8, 7)),
        ("0.12.0-dev-unk\n", (0, 12, 0)),
        ("latest", None),
        ("", None),
        ("0.3.0", None),  # the platform's release, not SPIRE's
    ],
)
def test_version(text, version):
    assert upgrade.version_of(text) == version


def looked_at(image="r/spire-server:1.8.7", running=True):
    return {"Id": "c", "Name": "/spire-server", "Image": "sha256:a", "State": {"Running": running}, "Config": {"Image": image}}


def wanted(image, image_id="sha256:b"):
    return SimpleNamespace(image=image, image_id=image_id)


def engine(*said):
    """An engine in which the programs end with (code, stdout, stderr), one after the other."""
    answers = list(said)
    return SimpleNamespace(execute=lambda name, words: answers.pop(0))


@pytest.mark.parametrize(
    ("inspect", "image", "said"),
    [
        (looked_at(), "r/spire-server:1.15.3", [(0, "", "1.8.7\n")]),
        (looked_at("r/spire-server@sha256:00"), "r/spire-server:1.15.3@sha256:11", [(0, "1.8.7\n", "")]),
        (looked_at("hpe/spire-server:0.3.0"), "r:5000/spire-server:1.15.3", [(126, "", "no such file"), (0, "", "0.12.0\n")]),
        (looked_at(running=False), "r/spire-server:1.15.3", []),
    ],
)
def test_upgrade_over_several_releases_is_refused(inspect, image, said):
    with pytest.raises(OptionError, match=r"spire-server: SPIRE .* cannot be changed to 1.15.3 in one step: upgrade to"):
        upgrade.check(engine(*said), inspect, wanted(image))


@pytest.mark.parametrize(
    ("inspect", "what", "said"),
    [
        (looked_at(), wanted("r/spire-server:1.15.3", "sha256:a"), []),  # the same image: nothing is asked
        (looked_at(), wanted("r/spire-server:1.9.0"), [(0, "", "1.8.7\n")]),
        (looked_at(), wanted("r/spire-server:latest"), [(0, "", "1.8.7\n")]),
        (looked_at("r/spire-server:latest", running=False), wanted("r/spire-server:1.15.3"), []),
    ],
)
def test_upgrade_by_one_release_is_accepted(inspect, what, said):
    upgrade.check(engine(*said), inspect, what)
