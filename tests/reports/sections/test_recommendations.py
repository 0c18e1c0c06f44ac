"""A card in a report counts the campaigns its sentence counts, and says on which money its gain is."""

from typing import Any

from reflection.reports.sections.recommendations import card
from reflection.wiring import Application


def test_a_card_rests_on_as_many_campaigns_as_its_sentence_says(learnt_application: Application) -> None:
    cards: list[dict[str, Any]] = learnt_application.recommendations.recommend()["cards"]
    assert {values["lane"] for values in cards} >= {"exploit", "avoid"}
    for values in cards:
        view = card(values)
        counted = f"{values['campaigns']} campaign"
        assert f"Seen in {counted}" in values["sentence"]
        assert counted in view.reason
        gains = [label for label, _ in view.facts if "expected" in label.casefold()]
        assert all(f"on {values['currency']}" in label for label in gains)


def test_a_card_says_where_its_figures_hold_and_asks_for_nothing_where_nothing_is_advised(
    learnt_application: Application,
) -> None:
    everywhere: list[dict[str, Any]] = learnt_application.recommendations.recommend()["cards"]
    on_meta: list[dict[str, Any]] = learnt_application.recommendations.recommend(platform="Meta")["cards"]

    assert on_meta
    assert all(card(values).title.endswith(", on Meta") for values in on_meta)
    assert not any(card(values).title.endswith(", on Meta") for values in everywhere)
    idle = [values for values in everywhere if values["lane"] == "not enough evidence"]
    assert idle
    assert all(card(values).title.casefold() == values["label"].casefold() for values in idle)
