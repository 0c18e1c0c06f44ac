"""Formats: one view, four files; nothing runs, nothing loads, everything is escaped."""

import itertools
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from reflection.domain.knowledge import Knowledge
from reflection.domain.steps import NobodyWaits, work_until
from reflection.reports.portfolio import ReportedCampaign
from reflection.reports.rendering import html, markdown, render
from reflection.reports.retrospective import retrospective
from reflection.reports.view import ReportView

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</style><script>alert(1)</script>",
    "</svg><script>alert(1)</script>",
    "{{ 7*7 }}",
    "{% include 'x' %}",
    "&#60;script&#62;",
    "]]><script>alert(1)</script>",
    "![x](http://evil.example/p.png)",
]


@pytest.fixture
def view(
    reported: ReportedCampaign, knowledge: Knowledge, recommendations: dict[str, Any], board: dict[str, Any]
) -> ReportView:
    return retrospective(
        reported.analysis,
        campaign=reported.campaign,
        knowledge=knowledge,
        recommendations=recommendations,
        track_record=board,
    )


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_self_contained(view: ReportView) -> None:
    page = Page(html(view))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "img", "form", "base"}
    for _, attributes in page.tags:
        assert not {"src", "href", "srcset", "action", "xlink:href"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert "url(" not in html(view)


def test_the_page_is_made_for_everybody(view: ReportView) -> None:
    text = html(view)
    page = Page(text)
    assert '<html lang="en">' in text
    svgs = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(svgs) == 5
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for svg in svgs:
        assert svg["role"] == "img"
        assert set((svg["aria-labelledby"] or "").split()) <= ids
    assert [tag for tag, _ in page.tags].count("caption") >= 4
    assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_becomes_markup(
    make_reported: Callable[..., ReportedCampaign],
    knowledge: Knowledge,
    recommendations: dict[str, Any],
    board: dict[str, Any],
    payload: str,
) -> None:
    reported = make_reported(payload)
    card = recommendations["cards"][0] | {"action": payload, "reason": payload, "evidence_for": (payload,)}
    view = retrospective(
        reported.analysis,
        campaign=reported.campaign,
        knowledge=knowledge,
        recommendations={"cards": [card]},
        track_record=board | {"issuers": [board["issuers"][0] | {"issuer": payload}]},
    )
    clean = Page(html(view))
    assert not {"script", "img", "iframe"} & {tag for tag, _ in clean.tags}
    assert not [name for _, attributes in clean.tags for name in attributes if name.startswith("on")]
    assert "49" not in html(view).split("<h1>")[1].split("</h1>")[0]
    text = markdown(view)
    assert "](http" not in text
    assert "<script" not in text
    assert "<img" not in text


def test_markdown_holds_every_table(view: ReportView) -> None:
    text = markdown(view)
    assert text.startswith("# cmp\\_007\\_meta\\_summer\\_bootcamp\n")
    assert "| CPA | USD 50.00 | USD 19.27 | USD 17.20 to USD 21.64 | -61.5 % | better, beyond noise |" in text
    assert "| CTR | 2.00 % | 3.50 % | USD -18.03 |" in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


def test_json_holds_the_numbers_that_the_drawings_are_made_from(view: ReportView) -> None:
    body = json.loads(render(view, "json"))
    assert body["title"] == view.title
    plots = [plot for section in body["sections"] for plot in section["plots"]]
    assert len(plots) == 5
    assert all("svg" not in plot and plot["table"]["rows"] for plot in plots)
    data = {plot["name"]: plot["data"] for plot in plots}
    assert {name: one["kind"] for name, one in data.items()} == {
        "forecast": "ratios", "why-cpa": "waterfall", "why-roas": "waterfall", "learnt": "ratios", "record": "shares"
    }  # fmt: skip
    (cpa,) = [row for row in data["forecast"]["rows"] if row["subject"] == "cpa"]
    assert cpa["low"] < cpa["ratio"] < cpa["high"] < 1
    fall = data["why-cpa"]
    parts = sum(step["part"] for step in fall["steps"])
    assert fall["start"]["value"] + parts == pytest.approx(fall["end"]["value"])


def test_pdf_is_one(view: ReportView) -> None:
    body = render(view, "pdf")
    assert body.startswith(b"%PDF-")
    assert body.rstrip().endswith(b"%%EOF")
    assert len(body) < 500_000


def test_html_is_the_same_every_time(view: ReportView) -> None:
    assert render(view, "html") == render(view, "html")


def test_a_pdf_ends_between_two_of_its_pages_when_nobody_waits_for_it(
    view: ReportView, caplog: pytest.LogCaptureFixture
) -> None:
    steps = itertools.count()
    body = work_until(lambda: next(steps) < 0, lambda: render(view, "pdf"))
    made, pages = next(steps), body.count(b"/Type /Page\n") or 1
    assert made > pages + len([plot for section in view.sections for plot in section.plots])

    for last in (1, made // 2, made - 1):
        left = itertools.count(1)
        with pytest.raises(NobodyWaits):
            work_until(lambda left=left, last=last: next(left) > last, lambda: render(view, "pdf"))  # type: ignore[misc]
    assert "weasyprint.progress" not in {record.name for record in caplog.records}
