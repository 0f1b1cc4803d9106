# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of nginx as a reverse proxy of TLS connections (private, pure).

It hands on a connection by the name that the client asks for (SNI), and opens none: it needs neither key nor certificate.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..module_utils._names import is_service_name, is_target

# Names are longer than the tables take by default. A training may be silent for hours; connections of hosts that are gone end all the same.
_HEAD = """# Written by Ansible; changes are lost.
worker_processes auto;
error_log /dev/stderr warn;
pid /run/nginx.pid;
# Where Debian and Ubuntu name the module for streams. Others have it built in.
include /etc/nginx/modules-enabled/*.conf;

events {
    worker_connections 4096;
}

stream {
    map_hash_bucket_size 512;
    map_hash_max_size 16384;
    log_format refused '$remote_addr asked for "$ssl_preread_server_name": $status';
    map $status $refused {
        200 0;
        default 1;
    }
    access_log /dev/stdout refused if=$refused;
    proxy_timeout 24h;
    proxy_socket_keepalive on;
"""
_SERVER = """
    server {
        listen 443 so_keepalive=on;
        ssl_preread on;
        proxy_pass $target;
    }
}
"""


def configuration(routes: Mapping[str, str]) -> str:
    """The text of nginx.conf.

    routes: name → address and port. Raises ValueError for a name or a target that is none.
    """
    for name, target in routes.items():
        if not is_service_name(name):
            raise ValueError(f"{name!r} is not a name that a reverse proxy can serve, such as api.sn-1.swarm")
        if not is_target(target):
            raise ValueError(f"{name}: {target!r} is not an address and a port, such as 192.0.2.10:443")
    # A name that is none of these gets no target, and the connection is closed.
    table = "".join(f"        {name.lower()} {name.lower()};\n" for name in sorted(routes))
    upstreams = "".join(f"    upstream {name.lower()} {{\n        server {target};\n    }}\n" for name, target in sorted(routes.items()))
    return f"{_HEAD}\n    map $ssl_preread_server_name $target {{\n{table}    }}\n{upstreams}{_SERVER}"
