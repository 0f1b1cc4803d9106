# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One TCP connection, and what became of it (private to the collection)."""

from __future__ import annotations

import errno
import socket
import ssl

_STATES = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.EACCES: "unreachable",  # what a firewall's "administratively prohibited" becomes
    errno.EPERM: "unreachable",  # what the host's own firewall says of a packet on its way out
}


def connect(address: str, port: int, timeout: float) -> tuple[str, socket.socket | None]:
    """(`open`, the connection), or (`refused`, `timeout`, `unreachable` or `unresolved`, None). The timeout is in seconds."""
    try:
        return "open", socket.create_connection((address, port), timeout)
    except (socket.gaierror, UnicodeError):  # UnicodeError: a label of the name is too long
        return "unresolved", None
    except (TimeoutError, socket.timeout):
        return "timeout", None
    except OSError as error:
        return _STATES.get(error.errno or 0, "timeout"), None


def context_for_any() -> ssl.SSLContext:
    """A client's context that takes any certificate, version and cipher: whether TLS is spoken is asked, and nothing secret is sent."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context
