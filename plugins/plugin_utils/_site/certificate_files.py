# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that the user's certificates let nodes trust each other until the training ends (private to the collection)

Runs on the controller, where the files are, with the library that ansible-core needs itself. Hosts need none for it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...module_utils._spire import lifetime
from ...module_utils._spire import x509 as _x509
from . import certificates as _site_certificates

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
except ImportError:  # only where plugins are looked at without ansible-core's own requirements
    x509 = None

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Inventory

BOTH_SIDES = {"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth"}  # RFC 5280, 4.2.1.12


class UnusableFile(Exception):
    """A file that cannot be used; the text names it and says why."""


@dataclass(frozen=True)
class Credentials:
    """The certificates that a component of a host presents (its own first, then intermediate CAs), and the CAs that it trusts."""

    host: str
    cert: str
    chain: tuple[x509.Certificate, ...]
    trusted: tuple[x509.Certificate, ...]


# --- reading --------------------------------------------------------------------------------------------------------------


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read on the controller: {error.strerror}") from error
    if content.startswith(b"$ANSIBLE_VAULT"):
        raise UnusableFile(
            f"{path} is encrypted with ansible-vault, and its contents are checked before they are copied: decrypt it on the controller"
        )
    return content


def certificates(path: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file, in order. Raises UnusableFile."""
    try:
        return tuple(x509.load_pem_x509_certificates(_read(path)))
    except ValueError as error:
        raise UnusableFile(f"{path} has no certificate in PEM form") from error


def public_key(path: str) -> bytes:
    """The public half of the private key in a PEM file, in DER. Raises UnusableFile."""
    try:
        return _public(load_pem_private_key(_read(path), None).public_key())
    except TypeError as error:
        raise UnusableFile(f"{path} has a passphrase, which a node cannot enter: remove the passphrase") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableFile(f"{path} is not a private key in PEM form") from error


def _public(key: Any) -> bytes:
    der: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der


def listed(directory: str) -> list[str]:
    """The files of a directory of authorities, in order. Raises UnusableFile."""
    try:
        names = sorted(name for name in os.listdir(directory) if os.path.isfile(os.path.join(directory, name)))
    except OSError as error:
        raise UnusableFile(f"{directory} cannot be read on the controller: {error.strerror}") from error
    if not names:
        raise UnusableFile(f"{directory} has no file; expected the trusted CA certificates")
    return [os.path.join(directory, name) for name in names]


def _authorities(files: dict[str, Any]) -> tuple[x509.Certificate, ...]:
    paths = [*files.get("cacert", ()), *(listed(files["capath"]) if "capath" in files else ())]
    return tuple(one for path in paths for one in certificates(path))


# --- judging --------------------------------------------------------------------------------------------------------------


def chain_to(chain: tuple[x509.Certificate, ...], trusted: tuple[x509.Certificate, ...]) -> list[x509.Certificate]:
    """The certificates from the first of `chain` to one that is trusted; empty if there is no such way."""
    way = [chain[0]]
    while way[-1] not in trusted:
        issuer = next((one for one in (*trusted, *chain[1:]) if one not in way and _issued(way[-1], one)), None)
        if issuer is None:
            return []
        way.append(issuer)
    return way


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    basic = _extension(issuer, x509.BasicConstraints)
    if basic is None or not basic.ca:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _extension(certificate: x509.Certificate, kind: Any) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def time_problem(certificate: x509.Certificate, now: float, until: float) -> str:
    """What is wrong with a certificate's life, empty for nothing."""
    begins, ends = _x509.validity(certificate.public_bytes(Encoding.DER))
    if ends <= now:
        return f"expired {lifetime.date(ends)}"
    if begins > now:
        return f"is not valid before {lifetime.date(begins)}"
    return (
        f"expires at {lifetime.date(ends)}, before the training ends ({lifetime.date(until)}, swarm_training_days)" if ends < until else ""
    )


def name_problem(certificate: x509.Certificate, address: str) -> str:
    """What is wrong with the names of a host's certificate, empty for nothing.

    The platform's own tool (gen-cert) writes names such as SN-1, which are nobody's address; they are as good as any. One that
    names addresses is made for these, and belongs on one of them.
    """
    found = _extension(certificate, x509.SubjectAlternativeName)
    if found is None:
        return "has no subject alternative name, which TLS libraries require"
    addresses = [str(one) for one in found.get_values_for_type(x509.IPAddress)]
    names = [name.lower() for name in found.get_values_for_type(x509.DNSName) if "." in name]
    try:
        wanted, there = str(ipaddress.ip_address(address)), addresses
    except ValueError:
        wanted, there = address.lower(), names
    if address and there and wanted not in there and f"*.{wanted.partition('.')[2]}" not in there:
        return f"is for {', '.join(there)}, not for {address}, at which the host is reached"
    return ""


def use_problem(certificate: x509.Certificate) -> str:
    """A node is a TLS server and a client; empty when the certificate may be both."""
    allowed = _extension(certificate, x509.ExtendedKeyUsage)
    allowed = {use.dotted_string for use in allowed} if allowed is not None else set(BOTH_SIDES)
    lacking = [name for use, name in BOTH_SIDES.items() if use not in allowed]
    return f"may not be used for {' and '.join(lacking)}: nodes are servers and clients of each other" if lacking else ""


def judge(host: str, address: str, files: dict[str, Any], now: float, until: float) -> tuple[Credentials | None, list[str]]:
    """(Credentials or None, what is wrong) of one component's files, which are on the controller."""
    try:
        chain, trusted = certificates(files["cert"]), _authorities(files)
        key = public_key(files["key"])
    except UnusableFile as error:
        return None, [str(error)]
    leaf, cert = chain[0], files["cert"]
    found = [f"{cert} {why}" for why in (time_problem(leaf, now, until), name_problem(leaf, address), use_problem(leaf)) if why]
    if key != _public(leaf.public_key()):
        found.append(f"{files['key']} is not the key of {cert}")
    holder = Credentials(host, cert, chain, trusted)
    return holder, found + trust_problems(holder, holder, now, until)


def trust_problems(shown: Credentials, seen: Credentials, now: float, until: float) -> list[str]:
    """Why `seen` would not trust what `shown` shows."""
    way = chain_to(shown.chain, seen.trusted)
    if not way:
        issuer = shown.chain[-1].issuer.rfc4514_string()
        return [f"{shown.cert} is not signed by a CA that {seen.host} trusts (cacert, capath): none of them is {issuer}"]
    late = [(one, time_problem(one, now, until)) for one in way[1:]]
    return [f"the CA {one.subject.rfc4514_string()} of {shown.cert} {why}" for one, why in late if why]


# --- the site -------------------------------------------------------------------------------------------------------------


def review(inventory: Inventory, now: float) -> tuple[list[str], list[dict[str, Any]]]:
    """(problems, requests): what is wrong with the users' certificates, and what is to be made for a trial."""
    found, holders, requests = [], [], []
    for host in inventory.hosts:
        if not _site_certificates.has(inventory, host):
            continue
        until = int(now + int(inventory.get(host, "swarm_training_days")) * lifetime.DAY)
        wrong = []
        for _components, files in _site_certificates.sets(inventory, host).values():
            holder, unfit = judge(host, inventory.address(host), files, now, until)
            wrong += unfit
            holders += [(holder, until)] if holder else []
        if wrong and _site_certificates.on_trial(inventory, host):
            requests.append(_request(inventory, host, now, until))
        elif wrong:
            found += [f"swarm_certificates of {host}: {sentence}" for sentence in dict.fromkeys(wrong)]
    if requests:
        return found, _whole_organisations(inventory, requests)
    return found or _between(holders, now), []


def _between(holders: list[tuple[Credentials, int]], now: float) -> list[str]:
    """Each trusts all others; said once for each certificate and host."""
    found = [
        f"swarm_certificates: {sentence}"
        for shown, _until in holders
        for seen, until in holders
        if shown.host != seen.host
        for sentence in trust_problems(shown, seen, now, until)
    ]
    return list(dict.fromkeys(found))


def _request(inventory: Inventory, host: str, now: float, until: float) -> dict[str, Any]:
    asked = _site_certificates.trial_request(inventory, host)
    try:
        [authority] = certificates(asked["ca_cert"])
        fit = not time_problem(authority, now, until) and public_key(asked["ca_key"]) == _public(authority.public_key())
    except (UnusableFile, ValueError):
        fit = False
    return {**asked, "new_authority": not fit}


def _whole_organisations(inventory: Inventory, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With a new CA all hosts of its organisation get new certificates."""
    renewed = {one["ca_cert"] for one in requests if one["new_authority"]}
    asked = {one["name"]: one for one in requests}
    for host in filter(lambda host: _site_certificates.on_trial(inventory, host), inventory.hosts):
        request = _site_certificates.trial_request(inventory, host)
        if request["ca_cert"] in renewed:
            asked.setdefault(host, {**request, "new_authority": True})
    return list(asked.values())


def laid(inventory: Inventory, host: str, component: str = "") -> dict[str, Any]:
    """What goes to the host, for one component or for all: `directories` and public `files` as swarm_files takes them, and `keys`, which are copied.

    Files that do not exist yet are left out, as in check mode.
    """
    base = _site_certificates.base(inventory, host)
    directories: list[dict[str, Any]]
    directories, files, keys = [{"path": base, "mode": "0700"}], [], []
    for name, (components, given) in _site_certificates.sets(inventory, host).items():
        if component and component not in components:
            continue
        directories.append({"path": posixpath.join(base, name), "mode": "0755"})
        places = _site_certificates.options(inventory, host)[components[0]]
        if "capath" in places:
            directories.append({"path": places["capath"], "mode": "0755", "purge": True})
        try:
            files += [{"path": path, "content": content} for path, content in _public_files(given, places)]
            sum_of_key = hashlib.sha256(_read(given["key"])).hexdigest()
        except UnusableFile:
            continue
        keys.append({"source": given["key"], "path": places["key"], "sha256": sum_of_key})
    return {"directories": directories, "files": files, "keys": keys}


def _public_files(given: dict[str, Any], places: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield places["cert"], _read(given["cert"]).decode()
    if "cacert" in given:
        yield places["cacert"], "".join(f"{_read(path).decode().rstrip()}\n" for path in given["cacert"])
    for path in listed(given["capath"]) if "capath" in given else ():
        yield posixpath.join(places["capath"], os.path.basename(path)), _read(path).decode()
