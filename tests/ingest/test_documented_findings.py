"""Every finding of an import is explained in the documentation of imports."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _codes() -> set[str]:
    calls = (
        node
        for path in (ROOT / "src" / "reflection" / "ingest").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "finding"
    )
    return {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}


def test_every_code_of_a_finding_has_a_row_in_the_documentation() -> None:
    page = (ROOT / "docs" / "imports.md").read_text(encoding="utf-8")
    codes = _codes()

    assert len(codes) > 40
    assert {code for code in codes if f"`{code}`" not in page} == set()
