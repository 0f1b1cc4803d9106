# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own certificate authority and the registry's certificate."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab.settings import private_file

_LIFE = datetime.timedelta(days=3650)
_CA_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _builder(name: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LIFE)
    )


def issue(names: list[str], addresses: list[str]) -> tuple[bytes, bytes, bytes]:
    """PEM of a new authority's certificate, a server certificate for names and addresses, and its key.

    The authority's key is forgotten: it signs this one certificate and can never sign another.
    """
    authority = ec.generate_private_key(ec.SECP256R1())
    root = (
        _builder("swarm-lab CA", "swarm-lab CA", authority)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority.public_key()), critical=False)
        .add_extension(_CA_USAGE, critical=True)
        .sign(authority, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    subjects = [x509.DNSName(name) for name in names] + [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    server = (
        _builder(names[0], "swarm-lab CA", key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(subjects), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return root.public_bytes(pem), server.public_bytes(pem), _pem(key)


def ensure(directory: Path, names: list[str], addresses: list[str]) -> tuple[Path, Path, Path]:
    """Paths of ca.crt, registry.crt and registry.key below directory, made when one of them is missing."""
    paths = directory / "ca.crt", directory / "registry.crt", directory / "registry.key"
    if not all(path.exists() for path in paths):
        for path, content in zip(paths, issue(names, addresses), strict=True):
            private_file(path, content)
    return paths
