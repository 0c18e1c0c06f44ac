"""Events in one line, under an id that is made of what they speak of."""

import dataclasses
import json

import pytest

from reflection.alerts import items
from reflection.alerts.items import Item
from reflection.alerts.messages import MOST_LINES, compose
from reflection.domain.knowledge import Knowledge
from reflection.learnings.claims import Claim, Learning

LEARNING = Learning(
    Claim("creative.type:video", "", "cpa"), "established", "beyond noise", "favorable", 0.8, (0.7, 0.9), 0.01, 9.0,
    supporting=8, contradicting=1,
)  # fmt: skip
NOTHING = Knowledge(currency="EUR")


def answer(cpa=30.0, expected=20.0, *, favorable=False, learning="pending", spend=3_000.0):
    change = 100 * (cpa / expected - 1)
    delta = {"actual": cpa, "expected": expected, "pct_diff": change, "favorable": favorable, "beyond_noise": True,
             "z": 4.0, "interval": [cpa * 0.9, cpa * 1.1]}  # fmt: skip
    counts = {"spend": spend, "conversions": spend / cpa, "revenue": None}
    comparison = {"campaign_id": "c/1", "currency": "EUR", "deltas": {"cpa_diff": delta}, "actual_counts": counts}
    memory = {"learning": learning, "revision": 3}
    return json.dumps({"comparison_report": comparison, "stored_memory": memory, "notes": ["a fault"]}).encode()


def test_a_missed_forecast_says_the_figure_the_money_and_where_to_look():
    item = items.of_campaign(answer(), "Spring sale")

    assert item.text == (
        "Spring sale: CPA EUR 30.00 against EUR 20.00 forecast, 50 % higher; "
        "EUR 1,000 more than these results were to cost."
    )
    assert item.link == "/campaigns/c%2F1"
    assert item.figures["interval"] == [27.0, 33.0]


def test_figures_that_are_restated_are_the_same_event_and_the_other_side_is_another():
    first, restated, turned = (
        items.of_campaign(answer(cpa, favorable=good), "x") for cpa, good in ((30.0, False), (31.0, False), (9.0, True))
    )

    assert first.item_id == restated.item_id != turned.item_id


def test_what_is_held_is_no_missed_forecast():
    item = items.of_campaign(answer(learning="held"), "Spring sale")

    assert (item.kind, item.figures["spend"]) == ("campaign.held", 3_000.0)
    assert "EUR 3,000 went into it" in item.text
    assert items.of_campaign(answer(), "x").item_id in items.missed_ids("c/1")


def test_a_name_from_outside_stays_one_inert_line():
    item = items.of_campaign(answer(), "<!channel>\n*bold* https://evil.example/\u202e" + 200 * "x")

    assert "\n" not in item.text
    assert "\u202e" not in item.text
    assert len(item.text) < 400


@pytest.mark.parametrize(
    ("before", "state", "kind"),
    [
        (None, "established", "learning.established"),
        ("emerging", "established", "learning.established"),
        ("established", "established", None),
        ("established", "contested", "learning.contested"),
        ("established", "superseded", "learning.ended"),
        ("superseded", "retired", None),
        (None, "emerging", None),
    ],
)
def test_a_learning_is_told_when_its_state_changes(before, state, kind):
    learning = dataclasses.replace(LEARNING, state=state)

    told = list(items.of_learnings([(learning, 2, before)], NOTHING))

    assert [item.kind for item in told] == ([] if kind is None else [kind])


def test_one_figure_is_told_once_by_whatever_metric_it_was_learnt():
    twin = dataclasses.replace(
        LEARNING,
        claim=dataclasses.replace(LEARNING.claim, metric="conversions_per_spend"),
        effect=1 / LEARNING.effect,
        interval=(1 / 0.9, 1 / 0.7),
    )

    assert len(list(items.of_learnings([(LEARNING, 1, None), (twin, 1, None)], NOTHING))) == 1


@pytest.mark.parametrize(
    ("refused", "kind"), [(["no spend"] * 2, "import.failed"), (["no spend"], "import.findings"), ([], None)]
)
def test_an_import_is_told_where_something_was_left_out(refused, kind):
    verdict = {"name": "may.csv", "findings": [], "rejects": [], "totals": {"spend": 5.0}, "currency": "EUR"}

    item = items.of_import("imp_1", verdict, refused, 2)

    assert (item and item.kind) == kind


def test_what_an_import_asks_for_is_no_option_of_a_command():
    item = items.of_unread("may.csv", "The file states no currency: say --currency EUR.", "may.csv 2026-05-01")

    assert "currency=EUR" in item.text
    assert "--" not in item.text


def test_intervals_are_told_when_they_stop_covering_and_not_at_every_fit():
    def fit(share, day):
        check = {"campaigns": 60, "coverage_90": share}
        return Knowledge(as_of=f"2026-05-{day:02}T00:00:00+00:00", diagnostics={"coverage": {"cpa": check}})

    (told,) = items.of_intervals(fit(0.9, 1), fit(0.6, 2))

    assert told.kind == "intervals.too_narrow"
    assert list(items.of_intervals(fit(0.6, 2), fit(0.6, 3))) == []
    (again,) = items.of_intervals(fit(0.9, 3), fit(0.6, 4))
    assert again.item_id == told.item_id, "to and fro within a month is one event"


def test_a_message_tells_the_most_money_first_and_its_id_is_made_of_its_events():
    events = [Item("campaign.held", str(n), f"c{n}", "/", {"spend": float(n)}) for n in range(MOST_LINES + 3)]

    message = compose("alr_1", "default", events, "https://r.example", "2026-05-01T00:00:00+00:00")

    assert message.lines[0] == (f"c{MOST_LINES + 2}", "https://r.example/")
    assert message.lines[-1] == ("and 3 more", "")
    body = json.loads(message.payload)
    assert len(body["data"]["items"]) == MOST_LINES + 3
    assert (body["type"], message.title) == ("campaign.held", "13 campaigns look like tracking faults")
    again = compose("alr_1", "default", events[::-1], "https://r.example", "2026-06-01T00:00:00+00:00")
    assert again.message_id == message.message_id
    assert compose("alr_2", "default", events, "", "").message_id != message.message_id
