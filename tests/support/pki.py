# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for tests, made in a directory in a millisecond each."""

from __future__ import annotations

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = 1_800_000_000  # seconds since the epoch
DAY = 86400
BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
USUAL = {"begins": -1, "ends": 100, "uses": BOTH, "passphrase": None}  # days from NOW, and what there is else


def _when(days):
    return datetime.datetime.fromtimestamp(NOW + days * DAY, datetime.timezone.utc)


class Authority:
    """A CA, and what it issues; files come into `directory`. One called spiffe://… is the CA of that trust domain.

    unusual: begins (days from NOW), is_ca
    """

    def __init__(self, directory, name, days=365, issuer=None, **unusual):
        self.directory, self.name, self.key = directory, name, ec.generate_private_key(ec.SECP256R1())
        self.path = str(directory / f"{name.rpartition('/')[2]}.pem")
        signer = issuer or self
        builder = self._builder(name, self.key, signer, unusual.get("begins", -1), days)
        builder = builder.add_extension(x509.BasicConstraints(ca=unusual.get("is_ca", True), path_length=None), critical=True)
        if name.startswith("spiffe://"):
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(name)]), critical=False)
        self.certificate = builder.sign(signer.key, hashes.SHA256())
        self.write(self.path, self.certificate)

    @staticmethod
    def _builder(name, key, signer, begins, ends):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, signer.name)])
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number())
        return made.not_valid_before(_when(begins)).not_valid_after(_when(ends))

    @staticmethod
    def write(path, *certificates):
        with open(path, "wb") as stream:
            stream.write(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates))

    def issue(self, name, names=("172.1.1.1",), between=(), **unusual):
        """{key, cert, cacert} of a new certificate; `names` None leaves the extension out. `unusual`: begins, ends, uses, passphrase."""
        begins, ends, uses, passphrase = ({**USUAL, **unusual}[key] for key in USUAL)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(name, key, self, begins, ends)
        if names is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
        if uses:
            builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        files = {kind: str(self.directory / f"{name}{end}") for kind, end in (("key", "-key.pem"), ("cert", ".pem"))}
        self.write(files["cert"], builder.sign(self.key, hashes.SHA256()), *between)
        encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        with open(files["key"], "wb") as stream:
            stream.write(text)
        return {**files, "cacert": [self.path]}


def _name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
