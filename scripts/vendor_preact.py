"""Make `src/reflection/web/static/vendor/preact-htm.js`: Preact with its hooks and htm as one module, and its hash.

Needs npm; nothing else of the project does. Versions are pinned here; the hash stands in `vendor/README.md`, and a test
compares it with the file. Run it again to move to newer versions, then look at every screen.
"""

import hashlib
import subprocess
import tempfile
from pathlib import Path

PACKAGES = {"preact": "11.2.0", "htm": "3.1.1", "esbuild": "0.28.2"}
FOLDER = Path(__file__).parents[1] / "src" / "reflection" / "web" / "static" / "vendor"
ENTRY = """
export { h, render, createContext } from "preact";
export { useContext, useEffect, useErrorBoundary, useId, useMemo, useRef, useState } from "preact/hooks";
import { h } from "preact";
import htm from "htm";
export const html = htm.bind(h);
"""
README = """# What others wrote

`preact-htm.js`: Preact {preact} with its hooks (MIT, Jason Miller) and htm {htm} (Apache-2.0, Google LLC) as one
module, made by `python scripts/vendor_preact.py` (esbuild {esbuild}). Licences: `LICENSE-preact`, `LICENSE-htm`.

sha256: `{digest}`
"""


def main() -> None:
    """Install by name, bundle, write the file, the licences and the page with the hash."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "entry.js").write_text(ENTRY)
        (folder / "package.json").write_text("{}")
        named = [f"{name}@{version}" for name, version in PACKAGES.items()]
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", *named], cwd=folder, check=True)
        bundle = ["--bundle", "--format=esm", "--minify", "--legal-comments=none", "--outfile=out.js"]
        subprocess.run(["node_modules/.bin/esbuild", "entry.js", "--log-level=error", *bundle], cwd=folder, check=True)
        body = (folder / "out.js").read_bytes()
        for name in ("preact", "htm"):
            (FOLDER / f"LICENSE-{name}").write_bytes((folder / "node_modules" / name / "LICENSE").read_bytes())
    (FOLDER / "preact-htm.js").write_bytes(body)
    (FOLDER / "README.md").write_text(README.format(**PACKAGES, digest=hashlib.sha256(body).hexdigest()))


if __name__ == "__main__":
    main()
