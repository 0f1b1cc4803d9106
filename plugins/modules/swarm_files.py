#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_files
short_description: Manage directories and small text files of a host in one call
description:
  - Creates and updates a list of directories and a list of small text files.
  - A component needs several files and directories, and a separate task for each takes about half a second per host.
    The roles of this collection therefore write the files of a component with one task.
  - A YAML file in which nothing changes but that exceptions to proxies (C(no_proxy)) are added keeps the time of its last change, so that
    containers which read it are not restarted for them.
version_added: 1.0.0
author:
  - The swarm.learning authors (@swarm-learning)
extends_documentation_fragment:
  - swarm.learning.attributes
options:
  directories:
    description:
      - Directories that must exist. Missing parents are created.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Absolute path on the host.
        type: path
        required: true
      mode:
        description: Octal mode such as V(0700), as a string. Without it, the mode is not changed.
        type: str
      owner:
        description: Name or number of the owner. Without it, the owner is not changed.
        type: str
      group:
        description: Name or number of the group. Without it, the group is not changed.
        type: str
      purge:
        description: Whether to remove files in the directory that are not in O(files). Directories in it are left alone.
        type: bool
        default: false
  files:
    description:
      - Text files that must exist, with their complete content. Their directories must exist or be listed in O(directories).
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Absolute path on the host.
        type: path
        required: true
      content:
        description: The complete content of the file.
        type: str
        required: true
      mode:
        description: Octal mode, as a string.
        type: str
        default: '0644'
      owner:
        description: Name or number of the owner. Without it, the owner is not changed.
        type: str
      group:
        description: Name or number of the group. Without it, the group is not changed.
        type: str
  sums:
    description:
      - Paths of files that are copied to the host by other means, with their SHA-256 checksums in hexadecimal.
      - They are not changed; RV(differing) lists those that are missing or different, so that only these need to be copied.
    type: dict
    default: {}
  required:
    description:
      - Directories that must exist, each with the user who must be able to read it.
      - They are not changed; RV(unusable) lists those that cannot be used.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the directory.
        type: path
        required: true
      user:
        description: User who must be able to read the directory, as C(name-or-uid[:group-or-gid]). If empty, it only has to exist.
        type: str
        default: ''
  aside:
    description:
      - Files and directories to move aside. Existing ones are renamed, with the time of their last change as a suffix.
    type: list
    elements: path
    default: []
  absent:
    description:
      - Files and directories to remove, directories with all that is in them.
    type: list
    elements: path
    default: []
attributes:
  check_mode:
    description: Reports what would be changed, and changes nothing.
    support: full
  diff_mode:
    description: Shows what was or would be changed.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
seealso:
  - module: ansible.builtin.file
  - module: ansible.builtin.copy
"""

EXAMPLES = r"""
- name: Write the server's directories and its configuration
  swarm.learning.swarm_files:
    directories:
      - path: /var/lib/swarm-learning/spire-server/data
        mode: "0700"
        owner: "1000"
        group: "1000"
      - path: /var/lib/swarm-learning/spire-server/conf
        mode: "0755"
    files:
      - path: /var/lib/swarm-learning/spire-server/conf/server.conf
        content: "{{ configuration }}"
"""

RETURN = r"""
paths:
  description: Directories and files that were changed or removed, or would be in check mode.
  returned: always
  type: list
  elements: str
  sample: [/var/lib/swarm-learning/spire-server/conf/server.conf]
created:
  description: Entries of RV(paths) that did not exist before.
  returned: always
  type: list
  elements: str
newer:
  description: Entries of RV(paths) for which containers that read them are restarted. They are all but files that keep the time of their last change.
  returned: always
  type: list
  elements: str
differing:
  description: Files in O(sums) that are missing or different.
  returned: always
  type: list
  elements: str
unusable:
  description: Directories in O(required) that cannot be used, each path with the reason.
  returned: always
  type: dict
  sample: {"/srv/data": "it does not exist"}
"""


from ..module_utils._container.least_python import check_python
from ..module_utils._container.masking import mask
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform.files import ARGUMENTS, arrange


def main() -> None:
    """Run the module."""
    module = QuietModule(ARGUMENTS, supports_check_mode=True)
    check_python(module)
    params = dict(module.params)
    # What Ansible shows of a module's parameters, it takes from here.
    module.params["files"] = [{**wanted, "content": mask(wanted["content"])} for wanted in params["files"]]
    result = arrange(module, params)
    if not module._diff:
        result.pop("diff")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
