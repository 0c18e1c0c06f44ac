"""The track record says the scoreboard's numbers in words, and what cannot be said yet."""

from typing import Any

from reflection.reports.plots import draw
from reflection.reports.sections.track_record import MOST_ISSUERS, record_section
from reflection.reports.view import Section


def _section(board: dict[str, Any]) -> Section:
    (found,) = record_section(board)
    return found


def _row(board: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return board["issuers"][0] | changes


def test_without_a_scoreboard_there_is_no_section() -> None:
    assert list(record_section(None)) == []


def test_the_table_has_the_scoreboards_numbers(board: dict[str, Any]) -> None:
    (row,) = _section(board).plots[0].table.rows
    assert row == ("This engine", "CPA", "30", "-4.9 %", "22.1 %", "90.0 %", "+0.25")


def test_ours_comes_first_then_those_with_the_most_forecasts(board: dict[str, Any]) -> None:
    others = [_row(board, issuer=f"planner_{n}", n=n, coverage={"50": None, "80": None, "90": None}) for n in range(9)]
    table = _section(board | {"issuers": [*others, *board["issuers"]]}).plots[0].table
    names = [row[0] for row in table.rows]
    assert names == ["This engine", *(f"planner_{n}" for n in (8, 7, 6, 5, 4))]
    assert len(names) == MOST_ISSUERS
    assert table.rows[1][5] == "no interval given"


def test_only_forecasts_with_intervals_are_drawn(board: dict[str, Any]) -> None:
    silent = _row(board, issuer="planner", coverage={"50": None, "80": None, "90": None})
    section = _section(board | {"issuers": [silent]})
    assert (section.plots, len(section.tables)) == ((), 1)


def test_nothing_judged_yet_is_said(board: dict[str, Any]) -> None:
    section = _section(board | {"issuers": []})
    assert section.lead == "No forecast has met its outcome yet."
    assert section.plots == section.tables == ()


def test_learnings_advice_and_hold_back_are_told(board: dict[str, Any]) -> None:
    points = _section(board).points
    assert points[0] == "Of 4 learnings ever established, 75.0 % still hold (97.0 % were promised to)."
    assert points[1:] == (
        "No campaign named or matched a recommendation yet.",
        "Whether advice helps cannot be said: no assignment was logged.",
    )


def test_measured_advice_is_told_with_its_interval(board: dict[str, Any]) -> None:
    board["advice"] = {"n": 12, "predicted_lift": 1.2, "measured_lift": 1.1, "reason": "they chose to"}
    board["holdback"] = {"metric": "roas", "evaluable": True, "lift": 1.08, "interval": [0.98, 1.19]}
    points = _section(board).points
    assert points[1] == "Advice was followed 12 times: predicted +20.0 %, measured +10.0 %. They chose to."
    assert (
        points[2]
        == "Campaigns that got advice did +8.0 % (-2.0 % to +19.0 %) on ROAS against those held back at random."
    )


def test_an_empty_scoreboard_of_learnings_says_why(board: dict[str, Any]) -> None:
    board["findings"] = {"n": 0, "replicated": None, "promised": None, "reason": "no learning was established yet"}
    assert _section(board).points[0] == "No learning was established yet."


def test_a_stranger_in_the_register_cannot_break_the_page(board: dict[str, Any]) -> None:
    board["issuers"] = [_row(board, issuer="</svg><script>alert(1)</script>")]
    plot = _section(board).plots[0]
    assert "<script" not in draw(plot)
    assert draw(plot).endswith("</svg>")
