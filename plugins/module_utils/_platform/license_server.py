# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the License Servers answer, as this host sees it (private to the collection).

HPE documents port 5814 and the web interface at https://ADDRESS:5814/autopass (Install_the_License_Server.md). Only this is asked. There is no
documented interface for programs, so features, their capacity, what is in use and when they expire are only to be read in the web interface.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
from collections.abc import Mapping
from concurrent import futures
from typing import Any

from .._names import utc
from .._preflight import tcp
from .._spire import x509

WEB_INTERFACE = "/autopass"
_CHECK_ADDRESS = "start the License Server, or correct its address and port"
# State of the connection → (answers, problem, remedy). What a host does not reach, its containers may: by a name that only they know, for example.
_WORDS = {
    "refused": ("no", "nothing listens there", _CHECK_ADDRESS),
    "timeout": ("unknown", "no answer", "open the port in the firewalls between them"),
    "unreachable": ("unknown", "no route to it, or a firewall rejects the connection", "check the route and the firewalls between them"),
    "unresolved": ("unknown", "the host cannot resolve the name", "use a name that the host's resolver knows, or an address"),
    "no TLS": ("no", "something listens there, but does not answer by HTTPS", "wait until it has started, or correct its address and port"),
    "open": ("yes", "", ""),
}


def look(params: Mapping[str, Any]) -> dict[str, Any]:
    """apls_info: {changed, servers}; the module documents them."""
    wanted = [(params[f"{which}apls_ip"], params[f"{which}apls_port"]) for which in ("", "secondary_") if params[f"{which}apls_ip"]]
    with futures.ThreadPoolExecutor(len(wanted)) as pool:
        found = pool.map(lambda place: _server(place[0], place[1], params["timeout"]), wanted)
    return {"changed": False, "servers": list(found)}


def _server(address: str, port: int, timeout: float) -> dict[str, Any]:
    state, link = tcp.connect(address, port, timeout)
    certificate, web = b"", False
    if link is not None:
        with link:
            certificate, web = _https(link, address, timeout)
    answers, problem, remedy = _WORDS[state if certificate or link is None else "no TLS"]
    return {
        "address": address,
        "port": port,
        "state": state,
        "answers": answers,
        "problem": problem and f"License Server {address}:{port}: {problem}",
        "remedy": remedy,
        "web_interface": web,
        "certificate": _shown(certificate),
    }


def _https(link: Any, address: str, timeout: float) -> tuple[bytes, bool]:
    """(the server's certificate in DER, whether the web interface is there); nothing and False where TLS is not spoken."""
    link.settimeout(timeout)
    certificate = b""
    with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
        secured = tcp.context_for_any().wrap_socket(link)
        certificate = secured.getpeercert(binary_form=True) or b""
        client = http.client.HTTPConnection(address)
        client.sock = secured
        with contextlib.closing(client):
            client.request("GET", WEB_INTERFACE)
            return certificate, client.getresponse().status < http.client.BAD_REQUEST
    return certificate, False


def _shown(certificate: bytes) -> dict[str, Any]:
    if not certificate:
        return {}
    expires = x509.expiry(certificate)
    return {"expires": utc(expires) if expires else "", "sha256": hashlib.sha256(certificate).hexdigest()}
