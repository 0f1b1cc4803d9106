# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for tests, as SPIRE makes them: an authority per trust domain, leaves with one SPIFFE ID."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from swarmlab.identity import Identity


class Authority:
    """A trust domain's authority, which signs what it is asked to."""

    def __init__(self, domain: str):
        self.domain = domain
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, domain)])
        self.certificate = self._sign(self._name, self._key.public_key(), f"spiffe://{domain}", authority=True)

    @property
    def bundle(self) -> frozenset[bytes]:
        """The trust bundle: DER certificates."""
        return frozenset({self.certificate.public_bytes(Encoding.DER)})

    def _sign(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, uri: str, authority: bool, days: int = 1) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(
            self._name, subject, key, x509.random_serial_number(), now - datetime.timedelta(days=2), now + datetime.timedelta(days=days)
        )
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        if not authority:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
            )
        return builder.sign(self._key, SHA256())

    def leaf(self, spiffe_id: str, days: int = 1) -> tuple[bytes, bytes]:
        """A new key and its certificate for ``spiffe_id``, in PEM; ``days`` below 0 have passed."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(
            x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SPIRE")]), key.public_key(), spiffe_id, authority=False, days=days
        )
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), certificate.public_bytes(Encoding.PEM)

    def identity(self, component: str, *others: Authority, spiffe_id: str = "", days: int = 1) -> Identity:
        """What a component of this domain gets when it federates with ``others``."""
        name = spiffe_id or f"spiffe://{self.domain}/{component}"
        key, chain = self.leaf(name, days)
        return Identity(name, key, chain, {each.domain: each.bundle for each in (self, *others)})

    def files(self, directory: Path, component: str) -> dict[str, str]:
        """The same as files of a user: the environment that names them."""
        key, chain = self.leaf(f"spiffe://{self.domain}/{component}")
        paths = {name: directory / f"{component}-{name}.pem" for name in ("key", "cert", "cacert")}
        for path, content in zip(paths.values(), (key, chain, self.certificate.public_bytes(Encoding.PEM)), strict=True):
            path.write_bytes(content)
        return {f"SWARM_ID_{name.upper()}": str(path) for name, path in paths.items()}
