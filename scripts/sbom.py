"""What the wheel is run with, as a software bill of materials (CycloneDX 1.6): made from `requirements.lock` alone.

The same lock file gives the same bytes: no clock, no network, no random number. `BillOfMaterials` puts it into the
wheel (`*.dist-info/sboms/`, PEP 770) when that is built; as a script it prints it. Must not know what is installed.
"""

import json
import re
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parents[1]
NAME = "marko-reflection"
FILE = f"{NAME}.cdx.json"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(lock: str) -> list[dict[str, Any]]:
    """One component for each pinned package of a lock file, with the hashes of its files, by name."""
    pins = [*_PINNED.finditer(lock)]
    ends = [*(pin.start() for pin in pins[1:]), len(lock)]
    return [_component(pin[1], pin[2], lock[pin.end() : end]) for pin, end in zip(pins, ends, strict=True)]


def bill(lock: str, version: str) -> str:
    """The bill of materials of a version as JSON; its serial number is made of its content."""
    parts = components(lock)
    of = {"type": "application", "name": NAME, "version": version, "bom-ref": f"pkg:pypi/{NAME}@{version}"}
    content = json.dumps([of, parts], sort_keys=True)
    body = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, content)}",
        "version": 1,
        "metadata": {"component": of},
        "components": parts,
    }
    return json.dumps(body, indent=1) + "\n"


def _component(name: str, version: str, hashes: str) -> dict[str, Any]:
    address = f"pkg:pypi/{name.lower()}@{version}"
    files = [{"url": address, "type": "distribution", "hashes": [{"alg": "SHA-256", "content": digest}]}
             for digest in sorted(_HASH.findall(hashes))]  # fmt: skip
    return {
        "type": "library", "bom-ref": address, "name": name, "version": version, "purl": address,
        "externalReferences": files,
    }  # fmt: skip


class BillOfMaterials(BuildHookInterface[Any]):
    """Puts the bill into the wheel that is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write it where the builder takes it from."""
        lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
        self._folder = tempfile.TemporaryDirectory()
        target = Path(self._folder.name) / FILE
        target.write_text(bill(lock, self.metadata.version), encoding="utf-8")
        build_data["sbom_files"].append(str(target))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take it away again; nothing is left in the machine's temporary folder."""
        self._folder.cleanup()


if __name__ == "__main__":
    from reflection.version import __version__

    sys.stdout.write(bill((ROOT / "requirements.lock").read_text(encoding="utf-8"), __version__))
