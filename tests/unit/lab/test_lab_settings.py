# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, addresses and numbers of the lab."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from lab import settings
from lab.binaries import build_command, versions
from lab.hosts import known_hosts, stale
from lab.images import wheel_platforms
from lab.world import BUILDERS


@pytest.mark.parametrize(("text", "count"), [(None, 2), ("", 2), ("1", 1), ("3", 3), ("200", 200)])
def test_host_count(text: str | None, count: int) -> None:
    assert settings.host_count(text) == count


@pytest.mark.parametrize("text", ["0", "-1", "two", "2.5", "201", " "])
def test_a_wrong_host_count_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"LAB_HOSTS .* whole number from 1 to 200"):
        settings.host_count(text)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/swarm-learning"),
        ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/swarm-learning"),
        ({"HOME": "/h"}, "/h/.cache/swarm-learning"),
    ],
)
def test_cache_dir(environment: dict[str, str], expected: str) -> None:
    assert settings.cache_dir(environment) == Path(expected)


def test_the_last_host_has_an_address_in_the_subnet() -> None:
    assert settings.host_ip(settings.MAX_HOSTS) == "172.30.0.210"


def test_the_host_with_podman_is_beside_the_others() -> None:
    others = [settings.docker_host(number) for number in range(1, settings.MAX_HOSTS + 1)]
    for fact in ("name", "container", "ip", "volume"):
        values = [getattr(host, fact) for host in (settings.PODMAN, *others)]
        assert len(values) == len(set(values))
    assert IPv4Address(settings.PODMAN.ip) in IPv4Network(settings.SUBNET)
    assert settings.PODMAN_SOCKET.parent == settings.PODMAN_SHARED


def test_private_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    settings.private_file(path, b"one")
    settings.private_file(path, b"two")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o600)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("served", "image", "name"),
    [
        (settings.SERVED, "sn", "hpe/swarm-learning/sn:2.3.0"),
        (settings.SERVED, "swop", "hpe/swarm-learning/swop:2.3.0"),
        (settings.SERVED, "apls", "hpe_eval/autopass/apls:9.15"),
        (settings.SERVED, "spire-server", "spiffe/spire-server:1.15.3"),
        (settings.SERVED, "ml-python", "lab/ml-python:1"),
        (settings.SETS["classic"], "apls", "hpe_eval/swarm-learning/apls:0.3.0"),
        (settings.SETS["classic"], "sl-pyt", "hpe_eval/swarm-learning/sl-pyt:0.3.0"),
        (settings.SETS["classic"], "upstream/spire-agent", "spiffe/spire-agent:0.12.0"),
    ],
)
def test_the_registry_has_the_names_of_the_platform(served: dict[str, str], image: str, name: str) -> None:
    assert served[image] == name


def test_every_set_can_be_built_and_takes_no_name_from_another() -> None:
    assert set(BUILDERS) == set(settings.SETS)
    names = [name for served in (settings.SERVED, *settings.SETS.values()) for name in served.values()]
    assert len(names) == len(set(names))


def test_known_hosts_have_name_address_and_key_without_comment() -> None:
    keys = {2: "ssh-ed25519 BBBB root@host-2\n", 1: "ssh-ed25519 AAAA root@host-1\n"}
    text = known_hosts({settings.docker_host(number): key for number, key in keys.items()})
    assert text == "host-1,172.30.0.11 ssh-ed25519 AAAA\nhost-2,172.30.0.12 ssh-ed25519 BBBB\n"


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        ("", []),
        ("registry.lab:5000/a:1 sha256:1\n", []),
        ("registry.lab:5000/a:1 sha256:0\nregistry.lab:5000/b:1 sha256:2\n", ["registry.lab:5000/a:1"]),
        ("user-env:1 sha256:9\n<none>:<none> sha256:8\n", []),
    ],
)
def test_image_that_the_registry_has_replaced_is_stale(listing: str, expected: list[str]) -> None:
    assert stale(listing, {"registry.lab:5000/a:1": "sha256:1", "registry.lab:5000/b:1": "sha256:2"}) == expected


def test_wheel_platforms_are_those_of_the_machine() -> None:
    assert wheel_platforms("aarch64")[0] == "manylinux_2_28_aarch64"
    assert "manylinux2014_x86_64" in wheel_platforms("x86_64")


def test_spire_is_built_as_the_release_that_it_is() -> None:
    assert settings.SPIRE_VERSION in versions()
    command = build_command("go", "1.15.3", Path("/out"))
    assert command[:3] == ["go", "build", "-trimpath"]
    assert command[3].endswith("version.gittag=1.15.3")
    assert command[4:] == ["-o", "/out/", "tool"]
