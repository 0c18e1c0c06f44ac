"""A finding names what its reader has: options at the terminal, fields over HTTP, controls on the page."""

import re
from pathlib import Path

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import DIALECTS, ImportOptions, read_export
from reflection.ingest.jobs.import_verdict import verdict
from reflection.ingest.jobs.remedies import FIELDS, over_http, verdict_over_http
from reflection.ingest.jobs.request import ImportForm

SOURCES = Path(__file__).parents[3] / "src" / "reflection"
TEXTS = (SOURCES / "web" / "static" / "texts.en.js").read_text(encoding="utf-8")
SCREEN = (SOURCES / "web" / "static" / "screens" / "data.js").read_text(encoding="utf-8")
META = b"Day,Campaign name,Amount spent,Impressions,Link clicks,Leads,Purchases\n2026-09-01,A,12.50,100,9,1,1\n"


def written() -> list[str]:
    """Every text in the importers that names an option."""
    files = [path for path in (SOURCES / "ingest").rglob("*.py") if path.name != "remedies.py"]
    texts = [text for path in files for text in re.findall(r'"[^"\n]*--[a-z][^"\n]*"', path.read_text("utf-8"))]
    return [re.sub(r"\{[^}]*\}", "en", text) for text in texts]


@pytest.mark.parametrize("text", written())
def test_no_option_of_the_terminal_is_left_over_http(text: str) -> None:
    assert "--" not in over_http(text).replace("'--", "").replace("--suggest-mapping", "")


def test_every_remedy_is_a_field_of_the_form_and_has_a_control_on_the_page() -> None:
    fields = {field for field, _ in FIELDS.values()}
    controls = re.findall(r"^    controls: \{.*?^    \},", TEXTS, re.DOTALL | re.MULTILINE)[0]
    platforms = re.findall(r"^    platforms: \{.*?^    \},", TEXTS, re.DOTALL | re.MULTILINE)[0]

    assert fields <= {*ImportForm.model_fields, "plan"}
    assert [field for field in sorted(fields) if f'{field}: "' not in controls] == []
    for field in fields - {"mapping"}:  # which has a form of its own
        assert re.search(rf"(?:words\.{field}\b|\(\"{field}\")", SCREEN), field
    assert [one.key for one in DIALECTS if f'{one.key}: "' not in platforms] == []


def test_a_verdict_and_a_refusal_are_told_in_fields() -> None:
    report = read_export(("export.csv", META))
    told = verdict_over_http(verdict([report]))

    messages = " ".join(note["message"] for note in told["findings"])
    assert "`currency=EUR`" in messages
    assert "`conversions`" in messages
    with pytest.raises(ImportFileError) as refusal:
        read_export(("export.csv", META.replace(b"12.50", b"1.250")), ImportOptions())
    assert "`locale=de`" in over_http(refusal.value.hint)


def test_what_only_looks_like_an_option_stays() -> None:
    assert over_http("'--' is no number; -- --campaign-names x") == "'--' is no number; -- --campaign-names x"
    assert over_http("'reflection accept meta_a b'") == "`POST /v1/campaigns/meta_a b/accept`"
