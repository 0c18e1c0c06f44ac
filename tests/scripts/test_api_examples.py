"""Every route has a body and an answer in docs/api.md, and they are what the API says today."""

import runpy
from pathlib import Path

from reflection.api.policies import POLICIES
from reflection.web import site

ROOT = Path(__file__).resolve().parents[2]


def test_the_examples_are_what_the_api_says() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "reference_pages.py"))
    outline, written = script["outline"], (ROOT / "docs" / "api.md").read_text(encoding="utf-8")

    made = outline(script["api_page"](anew=True))

    page = {f"GET {path}" for path in (*site.SCREENS, site.ASSETS)}
    assert [f"### {name}" for name in POLICIES if name not in page] == [line for line in made if line.startswith("###")]
    assert outline(written) == made, "run python scripts/reference_pages.py --examples"
