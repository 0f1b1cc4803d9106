# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the external database that backing up and restoring share."""

    DOCUMENTATION = r"""
options:
  datastore:
    description:
      - The database server on which a SPIRE Server of this host keeps its data. It is reached with TLS, and its certificate must be for
        O(datastore.host).
      - The database's programs run in a container, which is removed afterwards. They find the password in a file there.
    type: dict
    suboptions:
      type:
        description: Kind of database. MariaDB is of type V(mysql).
        type: str
        choices: [postgres, mysql]
        required: true
      host:
        description: Address of the database server.
        type: str
        required: true
      port:
        description: Port of the database server. Defaults to V(5432) for V(postgres) and V(3306) for V(mysql).
        type: int
      database:
        description: Name of the database.
        type: str
        required: true
      username:
        description: User that owns the database.
        type: str
        required: true
      password:
        description: Password of that user.
        type: str
        required: true
      tls:
        description: Contents of PEM files.
        type: dict
        default: {}
        suboptions:
          ca:
            description: CA certificates that verify the database's certificate. Defaults to those that the host trusts.
            type: str
          cert:
            description: Client certificate, if the database asks for one.
            type: str
          key:
            description: Private key of the client certificate.
            type: str
      image:
        description: Image with C(pg_dump) and C(psql), or with C(mariadb-dump) and C(mariadb), or with C(mysqldump) and C(mysql), of the version
          of the database server. It is pulled if the host does not have it.
        type: str
        required: true
      network:
        description: Network of the container. If the host does not have that network, the container uses the host's own.
        type: str
        required: true
      container:
        description: Name of the SPIRE Server's container. The name of the container with the programs ends with C(-dump) in addition.
        type: str
        required: true
"""
