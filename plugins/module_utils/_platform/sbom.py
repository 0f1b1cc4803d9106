# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of the software in a bundle, as CycloneDX 1.5 (private to the collection, pure).

It has no time and no serial number, which are optional, so that the same bundle has the same list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHEEL = re.compile(r"(?:.*/)?(?P<name>[^-/]+)-(?P<version>[^-]+)-.*\.whl")


def document(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The document for a bundle, from its manifest: collections, Python wheels and images. What is inside an image is the image's own to say."""
    sums = {one["name"]: one["sha256"] for one in manifest["files"]}
    own = manifest["collections"][0]
    components = [
        *(
            _component("library", c["name"], c["version"], sums[c["file"]], f"pkg:generic/{c['name']}@{c['version']}", c["file"])
            for c in manifest["collections"]
        ),
        *(_wheel(name, sums[name]) for name in sums if name.endswith(".whl")),
        *(_image(image, sums[image["file"]]) for image in manifest["images"]),
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "bundle", "name": "swarm-bundle", "version": own["version"]}},
        "components": components,
        "dependencies": [{"ref": "bundle", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def _component(kind: str, name: str, version: str, sha256: str, purl: str, ref: str) -> dict[str, Any]:
    found = {"type": kind, "bom-ref": ref, "name": name, "version": version, "hashes": [{"alg": "SHA-256", "content": sha256}]}
    return {**found, "purl": purl} if purl else found


def _wheel(file: str, sha256: str) -> dict[str, Any]:
    match = _WHEEL.fullmatch(file)
    name, version = (match["name"], match["version"]) if match else (file, "")
    name = re.sub(r"[-_.]+", "-", name).lower()
    return _component("library", name, version, sha256, f"pkg:pypi/{name}@{quote(version)}", file)


def _image(image: Mapping[str, Any], sha256: str) -> dict[str, Any]:
    repository, tag = _split(image["reference"])
    digest = next((one.rpartition("@")[2] for one in image["digests"]), "")
    purl = f"pkg:oci/{repository.rpartition('/')[2]}@{quote(digest, safe='')}?repository_url={quote(repository, safe='/')}&tag={tag}"
    return _component("container", repository, tag, sha256, purl if digest else "", image["file"])


def _split(reference: str) -> tuple[str, str]:
    head, slash, last = reference.rpartition("/")
    name, _colon, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"
