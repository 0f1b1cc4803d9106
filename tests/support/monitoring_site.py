# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the metrics of a host with one SN need to know of the site, as `HostModel.monitoring` has it."""

SITE = {
    "trust_domain": "org1",
    "release": "2.3.0",
    "containers": {"sn-1": "sn"},
    "spire_server": "",
    "token_dir": "",
    "x509_svid_ttl": "",
    "license_server": "",
    "license": {},
    "licenses": {},
    "peers": 0,
    "ports": [],
}
