# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as `docker run` takes them have one normal form."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container import parse
from hypothesis import given
from hypothesis import strategies as st

PORT = parse.Port


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1024", 1024),
        ("1k", 1024),
        ("1.5g", 1610612736),
        ("512m", 2**29),
        ("512 MB", 2**29),
        ("512MiB", 2**29),
        ("2T", 2**41),
        ("7b", 7),
    ],
)
def test_size(text, size):
    assert parse.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "m", "-1", "1x", "1,5g", "1e3", "one"])
def test_invalid_size(text):
    with pytest.raises(ValueError, match="is not a size"):
        parse.parse_size(text)


@pytest.mark.parametrize(("text", "cpus"), [("1", 10**9), ("1.5", 1500000000), (".01", 10**7), ("0", 0)])
def test_cpus(text, cpus):
    assert parse.parse_cpus(text) == cpus


@pytest.mark.parametrize("text", ["", "two", "nan", "inf", "-1"])
def test_invalid_cpus(text):
    with pytest.raises(ValueError, match="is not a number of CPUs"):
        parse.parse_cpus(text)


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("80", [PORT("80/tcp")]),
        ("8080:80", [PORT("80/tcp", "8080")]),
        ("8080:80/udp", [PORT("80/udp", "8080")]),
        ("127.0.0.1:8080:80", [PORT("80/tcp", "8080", "127.0.0.1")]),
        ("127.0.0.1::80", [PORT("80/tcp", "", "127.0.0.1")]),
        ("[::1]:8080:80", [PORT("80/tcp", "8080", "::1")]),
        ("8000-8001:9000-9001", [PORT("9000/tcp", "8000"), PORT("9001/tcp", "8001")]),
    ],
)
def test_ports(text, ports):
    assert parse.parse_ports(text) == ports


@pytest.mark.parametrize(
    "text", ["", "a", "0", "80:", "65536", "1-2:1", "1.2.3:80:80", "256.1.1.1:80:80", "80/icmp", "90-80:90-80", "1:2:3:4"]
)
def test_invalid_ports(text):
    with pytest.raises(ValueError, match=r"is not|publishes"):
        parse.parse_ports(text)


@given(
    ip=st.sampled_from(["", "127.0.0.1", "0.0.0.0"]),
    host=st.integers(1, 65535),
    inside=st.integers(1, 65535),
    proto=st.sampled_from(["tcp", "udp"]),
)
def test_published_port_is_the_port(ip, host, inside, proto):
    port = PORT(f"{inside}/{proto}", str(host), ip)
    assert parse.parse_ports(str(port)) == [port]


@pytest.mark.parametrize(
    ("text", "mount", "given_to_the_engine"),
    [
        ("/a:/b", parse.Mount("/b", "/a"), "/a:/b"),
        ("/a/:/b/:rw", parse.Mount("/b", "/a"), "/a/:/b/:rw"),
        ("/:/host:ro", parse.Mount("/host", "/", ("ro",)), "/:/host:ro"),
        ("vol:/b:nocopy,ro", parse.Mount("/b", "vol", ("nocopy", "ro")), "vol:/b:nocopy,ro"),
        ("/a:/b:Z", parse.Mount("/b", "/a"), "/a:/b:Z"),
        ("/only", parse.Mount("/only"), ""),
    ],
)
def test_mount(text, mount, given_to_the_engine):
    parsed = parse.parse_mount(text)
    assert (parsed, parsed.given) == (mount, given_to_the_engine)


@pytest.mark.parametrize("text", ["", "a:b", "/a:b", "./a:/b", "/a:/b:", "/a:/b:rox", "/a:/b:ro:x", ":/b", "a b:/c"])
def test_invalid_mount(text):
    with pytest.raises(ValueError, match=r"expected SRC:DST|has "):
        parse.parse_mount(text)


@pytest.mark.parametrize("options", ["rprivate,rbind", "rw,rprivate,nosuid,nodev,rbind", "relabel=shared"])
def test_any_mount_of_an_engine_is_read(options):
    assert parse.split_mount(f"/a:/b:{options}").source == "/a"


@pytest.mark.parametrize(
    ("parser", "text", "normal"),
    [
        (parse.parse_ulimit, "nofile=5", "nofile=5:5"),
        (parse.parse_ulimit, "memlock=-1:-1", "memlock=-1:-1"),
        (parse.parse_restart_policy, "on-failure:0", "on-failure"),
        (parse.parse_restart_policy, "on-failure:03", "on-failure:3"),
        (parse.parse_gpus, "'device=0,1'", "device=0,1"),
        (parse.parse_gpus, "2", "2"),
        (parse.parse_gpus, "nvidia.com/gpu=0,nvidia.com/gpu=1", "nvidia.com/gpu=0,nvidia.com/gpu=1"),
        (parse.parse_device, "/dev/kfd", "/dev/kfd:/dev/kfd:rwm"),
        (parse.parse_device, "/dev/kfd:r", "/dev/kfd:/dev/kfd:r"),
        (parse.parse_device, "/dev/a:/dev/b:rw", "/dev/a:/dev/b:rw"),
        (parse.parse_command, "a 'b c'", ("a", "b c")),
        (parse.parse_command, ["a", 1], ("a", "1")),
        (parse.normalise_capability, "cap_Net_Admin", "NET_ADMIN"),
        (parse.normalise_image, "docker.io/library/debian:latest", "debian"),
        (parse.normalise_image, "localhost/a/b:1", "a/b:1"),
        (parse.normalise_image, "registry:5000/a/b", "registry:5000/a/b"),
    ],
)
def test_normal_form(parser, text, normal):
    assert parser(text) == normal


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        (parse.parse_ulimit, "nofile"),
        (parse.parse_ulimit, "nofile=1:-2"),
        (parse.parse_ulimit, "nofile=-1:5"),
        (parse.parse_restart_policy, "always:3"),
        (parse.parse_gpus, ""),
        (parse.parse_gpus, "0"),
        (parse.parse_gpus, "0,1"),
        (parse.parse_gpus, "nvidia.com/gpu"),
        (parse.parse_device, "/dev/a:/dev/b:rwx"),
        (parse.parse_command, "a 'b"),
        (parse.parse_command, 7),
        (parse.parse_memory, "5m"),
        (parse.parse_shm_size, "0"),
    ],
)
def test_no_normal_form(parser, text):
    with pytest.raises(ValueError, match=r".* (is|cannot|has) "):
        parser(text)
