# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry's certificate stands up to a verification like any client's."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from lab import certificates

_NAMES, _ADDRESSES = ["registry.lab"], ["172.30.0.2"]


@pytest.fixture(scope="module")
def issued() -> tuple[x509.Certificate, x509.Certificate]:
    authority, server, _key = certificates.issue(_NAMES, _ADDRESSES)
    return x509.load_pem_x509_certificate(authority), x509.load_pem_x509_certificate(server)


@pytest.mark.parametrize("subject", [x509.DNSName("registry.lab"), x509.IPAddress(ipaddress.ip_address("172.30.0.2"))])
def test_a_client_accepts_it(issued: tuple[x509.Certificate, x509.Certificate], subject: x509.GeneralName) -> None:
    authority, server = issued
    PolicyBuilder().store(Store([authority])).build_server_verifier(subject).verify(server, [])


def test_certificate_is_refused_for_another_name(issued: tuple[x509.Certificate, x509.Certificate]) -> None:
    authority, server = issued
    verifier = PolicyBuilder().store(Store([authority])).build_server_verifier(x509.DNSName("elsewhere.lab"))
    with pytest.raises(VerificationError):
        verifier.verify(server, [])


def test_certificate_lasts_years(issued: tuple[x509.Certificate, x509.Certificate]) -> None:
    _authority, server = issued
    assert server.not_valid_after_utc > datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3 * 365)


def test_key_is_created_once_and_private(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in certificates.ensure(tmp_path, _NAMES, _ADDRESSES)]
    again = certificates.ensure(tmp_path, _NAMES, _ADDRESSES)
    assert [path.read_bytes() for path in again] == first
    assert {path.stat().st_mode & 0o777 for path in again} == {0o600}
    again[1].unlink()
    assert [path.read_bytes() for path in certificates.ensure(tmp_path, _NAMES, _ADDRESSES)] != first
