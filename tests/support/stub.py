# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the containers that the module tests manage: says lines, listens, lives on or dies, as its arguments ask."""

import argparse
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading

options = argparse.ArgumentParser()
options.add_argument("--say", action="append", default=[], help="a line for the log, at once")
options.add_argument("--listen", type=int, action="append", default=[], help="a TCP port")
options.add_argument("--tls", type=int, help="a port that speaks TLS")
options.add_argument("--late", type=float, default=0, help="seconds until it listens")
options.add_argument("--die", type=float, help="seconds after which it ends with exit code 3")
options.add_argument("--end", type=float, help="seconds after which it ends with exit code 0")


def serve_tls(server):
    """Complete handshakes and no more, with a certificate of its own."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=stub -keyout /tmp/key -out /tmp/cert"
    subprocess.run(command.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/tmp/cert", "/tmp/key")
    while True:
        connection, _address = server.accept()
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()


def main():
    """Run until a signal, or for as long as was asked."""
    asked, _others = options.parse_known_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_unused: sys.exit(0))
    select.select([], [], [], asked.late)
    servers = [socket.create_server(("0.0.0.0", port)) for port in asked.listen]
    if asked.tls:
        servers.append(socket.create_server(("0.0.0.0", asked.tls)))
        threading.Thread(target=serve_tls, args=(servers[-1],), daemon=True).start()
    for line in asked.say:
        print(line, flush=True)
    select.select([], [], [], asked.die or asked.end)
    sys.exit(3 if asked.die else 0)


if __name__ == "__main__":
    main()
