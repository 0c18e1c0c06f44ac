"""A card that cannot tell yet, and whose range lies on one side all the same, says why that is no contradiction."""

from reflection.wiring import Application


def test_a_range_on_one_side_is_explained_where_nothing_is_advised(learnt_application: Application) -> None:
    cards = learnt_application.recommendations.recommend()["cards"]
    open_cards = [card for card in cards if card["lane"] == "not enough evidence"]
    one_sided = [card for card in open_cards if not card["interval"][0] < 1.0 < card["interval"][1]]

    assert one_sided, "the history has such a creative; another history would be needed to see it"
    reasons = ("moving budget for it brings nothing is", "and worse on others")
    for card in open_cards:
        assert any(reason in card["sentence"] for reason in reasons) == (card in one_sided)
