# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who this component is, and whom it trusts: mutual TLS from a SPIFFE Workload API or from the user's own certificates.

As on the platform, the identity is taken once, at the start, and is not rotated: an SVID must outlive the training.
"""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarmlab.process import Refusal, log

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

COMPONENTS = ("sn", "sl", "swop", "swci")
SOCKET = "SWARM_SPIFFE_WORKLOAD_API_SOCKET_PATH"
KEY, CERT, CACERT, CAPATH = "SWARM_ID_KEY", "SWARM_ID_CERT", "SWARM_ID_CACERT", "SWARM_ID_CAPATH"
# The lab's own variables: how long to wait for an SVID, and how the selector begins that tells a node's kind.
WAIT, WAIT_SECONDS = "SWARMLAB_IDENTITY_SECONDS", 60.0
SELECTOR, DOCKER_SELECTOR = "SWARMLAB_SELECTOR", "docker:env:swarm_node_type="


class Unauthorised(Exception):
    """The peer's certificate is valid, and the peer is not somebody that we talk to."""


@dataclass(frozen=True)
class Identity:
    """A private key with its certificate chain, and the authorities by which peers are verified.

    ``bundles`` maps a trust domain's name to its authorities (DER). With ``spiffe`` a peer must carry a SPIFFE ID
    that ends in ``/COMPONENT`` and chain up to an authority of that very domain; without (the user's own
    certificates) a chain up to any authority is enough.
    """

    name: str
    key_pem: bytes = field(repr=False)
    chain_pem: bytes = field(repr=False)
    bundles: Mapping[str, frozenset[bytes]] = field(repr=False)
    spiffe: bool = True

    def server_context(self) -> ssl.SSLContext:
        """A TLS server that asks its clients for a certificate of ours."""
        return self._context(ssl.PROTOCOL_TLS_SERVER)

    def client_context(self) -> ssl.SSLContext:
        """A TLS client that shows its certificate and verifies the server's."""
        return self._context(ssl.PROTOCOL_TLS_CLIENT)

    def _context(self, protocol: int) -> ssl.SSLContext:
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False  # the SPIFFE ID is checked instead, by authorise
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an authority need not be self-signed
        for authority in {der for bundle in self.bundles.values() for der in bundle}:
            context.load_verify_locations(cadata=authority)
        # OpenSSL wants the key as a file; this one is in memory only.
        descriptor = os.memfd_create("identity")
        try:
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.write(self.key_pem + self.chain_pem)
            context.load_cert_chain(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)
        return context

    def authorise(self, connection: ssl.SSLSocket) -> str:
        """The name of the peer at the other end of a finished handshake.

        Raises Unauthorised: no SPIFFE ID, one of another kind, one of a trust domain whose bundle is not held, or one
        that another domain's authority signed.
        """
        certificate: dict[str, Any] = connection.getpeercert() or {}
        names = [str(value) for kind, value in certificate.get("subjectAltName", ()) if kind == "URI"]
        if not self.spiffe:
            return names[0] if names else str(certificate.get("subject"))
        if len(names) != 1:
            raise Unauthorised(f"the peer's certificate has {len(names)} SPIFFE IDs, it must have one")
        domain, path = [*names[0].removeprefix("spiffe://").split("/", 1), ""][:2]
        if not names[0].startswith("spiffe://") or path.rpartition("/")[2] not in COMPONENTS:
            raise Unauthorised(f"the peer is {names[0]}, not a SPIFFE ID that ends in /{', /'.join(COMPONENTS)}")
        if domain not in self.bundles:
            raise Unauthorised(f"the peer is {names[0]}, and no trust bundle of {domain} is held ({self.held()})")
        if _chain(connection)[-1] not in self.bundles[domain]:
            raise Unauthorised(f"the peer says that it is {names[0]}, and no authority of {domain} signed that")
        return names[0]

    def held(self) -> str:
        """The trust domains whose bundles are held, for messages."""
        return "bundles held: " + (", ".join(sorted(self.bundles)) or "none")


def _chain(connection: ssl.SSLSocket) -> list[bytes]:
    """The verified chain in DER, from the peer's certificate to the authority."""
    if hasattr(connection, "get_verified_chain"):  # public since Python 3.13; the same method was inside before
        return list(connection.get_verified_chain())
    inner: Any = connection._sslobj  # type: ignore[attr-defined]
    return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in inner.get_verified_chain()]


def obtain(component: str, environ: Mapping[str, str]) -> Identity:
    """The identity that this component's environment points to.

    ``component`` is sn, sl, swop or swci. The Workload API, whose agent may not have the registration entry yet, is given
    SWARMLAB_IDENTITY_SECONDS (60). Raises Refusal.
    """
    if environ.get(SOCKET):
        return _from_workload_api(component, environ, float(environ.get(WAIT) or WAIT_SECONDS))
    if environ.get(KEY) and environ.get(CERT):
        return _from_files(environ)
    raise Refusal(f"no identity: set {SOCKET}, or {KEY} and {CERT} with {CACERT} or {CAPATH}")


def _from_workload_api(component: str, environ: Mapping[str, str], wait: float) -> Identity:
    logger = log("spiffe")
    socket = environ[SOCKET]
    logger.info("Waiting for an X.509 SVID from the Workload API at %s", socket)
    end = time.monotonic() + wait
    said = ""
    while True:
        problem, context = _fetch(socket)
        if context is not None:
            break
        told = _explain(problem, environ.get(SELECTOR, DOCKER_SELECTOR) + component, socket, environ.get("swarm_node_type"))
        if time.monotonic() >= end:
            raise Refusal(f"{told} Gave up after {wait:.0f} s.")
        if told != said:
            logger.warning("%s Trying for %.0f s.", told, wait)
            said = told
        time.sleep(0.5)
    svid = context.default_svid
    bundles = {
        bundle.trust_domain.name: frozenset(_der(authority) for authority in bundle.x509_authorities)
        for bundle in context.x509_bundle_set.bundles
    }
    identity = Identity(str(svid.spiffe_id), _key_pem(svid.private_key), _pem(svid.cert_chain), bundles)
    logger.info("Received SVID %s, valid until %s UTC; %s", identity.name, svid.leaf.not_valid_after_utc.strftime("%F %T"), identity.held())
    if not identity.name.endswith(f"/{component}"):
        raise Refusal(f"this component is {component}, and its SVID says {identity.name}: the entry's SPIFFE ID must end with /{component}")
    return identity


def _fetch(socket: str) -> tuple[str, Any]:
    """One question to the Workload API: ("", context) or (what is wrong, None)."""
    if not os.path.exists(socket):
        return "no such file", None
    from spiffe import WorkloadApiClient
    from spiffe.errors import PySpiffeError

    try:
        with WorkloadApiClient(f"unix:{socket}") as client:
            return "", client.fetch_x509_context(timeout=5)
    except PySpiffeError as error:
        return str(error), None


def _explain(problem: str, selector: str, socket: str, node_type: str | None) -> str:
    if "no identity issued" in problem:
        has = f"has swarm_node_type={node_type}" if node_type else "does not have swarm_node_type"
        return (
            f"no identity issued: the SPIRE Agent behind {socket} knows no registration entry for this container. It takes one with "
            f"selector {selector} below this agent's ID; this container's environment {has}."
        )
    if problem == "no such file":
        return f"there is no Workload API socket {socket}: is the SPIRE Agent up, and its socket's directory mounted here?"
    return f"the Workload API at {socket} does not answer: {problem}."


def _from_files(environ: Mapping[str, str]) -> Identity:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    def read(variable: str, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise Refusal(f"{variable}: {path} cannot be read: {error.strerror}") from error

    key, chain = (read(variable, Path(environ[variable])) for variable in (KEY, CERT))
    files = [(CACERT, Path(environ[CACERT]))] if environ.get(CACERT) else []
    if environ.get(CAPATH):
        if not Path(environ[CAPATH]).is_dir():
            raise Refusal(f"{CAPATH}: {environ[CAPATH]} is not a directory")
        files += [(CAPATH, path) for path in sorted(Path(environ[CAPATH]).iterdir()) if path.is_file()]
    if not files:
        raise Refusal(f"no authority to verify peers with: set {CACERT} or {CAPATH}")
    bundles = {}
    for variable, path in files:
        try:
            bundles[str(path)] = frozenset(_der(each) for each in x509.load_pem_x509_certificates(read(variable, path)))
        except ValueError as error:
            raise Refusal(f"{variable}: {path} holds no PEM certificate: {error}") from error
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
        private = load_pem_private_key(key, None)
    except (TypeError, ValueError) as error:
        raise Refusal(f"{CERT} {environ[CERT]} or {KEY} {environ[KEY]} is not PEM (the key without a passphrase): {error}") from error
    if private.public_key() != leaf.public_key():
        raise Refusal(f"{KEY} {environ[KEY]} is not the key of {CERT} {environ[CERT]}")
    identity = Identity(leaf.subject.rfc4514_string(), _key_pem(private), chain, bundles, spiffe=False)
    log("spiffe").info(
        "Using certificate %s, valid until %s UTC; %s", identity.name, leaf.not_valid_after_utc.strftime("%F %T"), identity.held()
    )
    return identity


def _der(certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def _pem(certificates: list[Certificate]) -> bytes:
    return b"".join(ssl.DER_cert_to_PEM_cert(_der(certificate)).encode() for certificate in certificates)


def _key_pem(key: PrivateKeyTypes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
