"""Whatever stands in a campaign's texts, no page runs it, loads anything for it, or needs its policy to stop it."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.browser.page import Paper, settings_of

from reflection.api.openapi import CMP_007
from reflection.domain.campaign import Campaign
from reflection.evaluation.backtest import replay, summary
from reflection.reports.backtest import page as backtest_page
from reflection.reports.service import campaign_report, portfolio_report
from reflection.wiring import Application, build

pytestmark = pytest.mark.browser

RUN = "console.error(`owned`)"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<img src=http://evil.example/x onerror={RUN}>",
    f'"><svg onload={RUN}>',
    f"' autofocus onfocus='{RUN}' x='",
    f"<a href=javascript:{RUN}>x</a>",
    f"</style><script>{RUN}</script>",
    f"</svg></title></desc><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f"<iframe srcdoc='<script>{RUN}</script>'></iframe>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
]


def hostile(number: int) -> Campaign:
    """A campaign with one of the payloads in every field that takes text."""
    text = PAYLOADS[number % len(PAYLOADS)]
    video = number % 2 == 0
    attributes = {"age_range": text, text: [text, "Tier-1"]}
    changes: dict[str, Any] = {
        "campaign_id": f"{number} {text}",
        "platform": text,
        "objective": text,
        "planner": text,
        "source": text,
        "audiences": [{"name": text, "attributes": attributes}],
        "creatives": [{"id": f"{text} {number % 4}", "type": text if video else "image", "headline": text,
                       "primary_text": text, "attributes": {"tone": text}}],
        "actual_metrics": CMP_007["actual_metrics"] | {"clicks": 3_000 + 1_500 * video, "conversions": 150},
    }  # fmt: skip
    return Campaign.model_validate_json(json.dumps(CMP_007 | changes))


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Thirty-six analysed campaigns of hostile text, and what was learnt from them."""
    with build(settings_of(tmp_path_factory.mktemp("hostile"))) as application:
        for number in range(36):
            application.engine.analyze(hostile(number))
        application.learner.learn_all()
        application.engine.analyze(hostile(36))
        yield application


def pages(application: Application) -> Iterator[tuple[str, str]]:
    """Every kind of HTML page there is, by name; one campaign's page for each payload."""
    parts = application.store, application.recommendations
    for number, payload in enumerate(PAYLOADS):
        body = campaign_report(*parts, "default", hostile(number).campaign_id, "html")
        yield f"campaign of {payload}", body.decode()
    yield "portfolio", portfolio_report(*parts, "default", date(2026, 1, 1), date(2026, 12, 31), "html").decode()
    campaigns = [hostile(number) for number in range(36)]
    yield "backtest", backtest_page(summary(replay(campaigns), len(campaigns)))


def test_no_payload_runs_on_any_page_with_or_without_the_policy(paper: Paper, application: Application) -> None:
    shown = 0
    for name, page in pages(application):
        shown += "owned" in page
        assert paper.open(page).noted() == ([], []), name
        assert paper.open(paper.without_policy(page)).noted() == ([], []), f"{name}: only the policy stopped it"
    assert shown >= len(PAYLOADS) - 2, "the payloads must be on the pages"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_each_payload_is_noticed_where_nothing_is_escaped(paper: Paper, payload: str) -> None:
    act = ""
    if payload.startswith("<a "):
        act = "<script>document.querySelector('a').click()</script>"
    elif "onfocus" in payload:  # a window without a screen may never get the focus by itself
        act = "<script>document.querySelector('input').dispatchEvent(new Event('focus'))</script>"
    page = f"<!doctype html><title>x</title><p>{payload}<input title='{payload}'></p>{act}"
    paper.open(page)
    for _ in range(600):
        if any(paper.noted()):
            return
    pytest.fail("nothing was noticed")
