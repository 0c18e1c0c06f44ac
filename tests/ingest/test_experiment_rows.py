"""Experiments from what people have: JSON in its shapes, and files of testing tools with one arm a row."""

import json

import pytest

from reflection.domain.experiment import MOST_AT_ONCE
from reflection.errors import InvalidInput
from reflection.ingest.experiment_rows import experiments_of_csv, experiments_of_json

AB = {"name": "hook", "arms": [{"name": "a", "creative": "x"}, {"name": "b", "creative": "y"}]}


@pytest.mark.parametrize("body", [AB, [AB], {"experiments": [AB]}])
def test_json_comes_alone_or_as_many(body: object) -> None:
    (found,) = experiments_of_json(json.dumps(body))
    assert [arm.creative for arm in found.arms] == ["x", "y"]
    assert found.id.startswith("exp_")


def test_a_file_of_a_testing_tool() -> None:
    text = (
        "Test;Variant;Creative;Visitors;Conversions;Cost\n"
        "Hero video;Control;crt_image;10000;200;500\n"
        "Hero video;New;crt_video;10020;260;505.5\n"
        "Offer;a;crt_image;50;1;\n"
        "Offer;b;crt_text;50;2;\n"
    )
    hero, offer = experiments_of_csv(text)
    assert (hero.name, hero.control.name, hero.arms[1].clicks, hero.arms[1].units) == (
        "Hero video", "Control", 10020.0, 10020.0,
    )  # fmt: skip
    assert (offer.control.name, offer.arms[0].spend) == ("a", None), "an empty cell is not zero"


def test_rows_of_lifts_and_of_studies() -> None:
    rows = [
        {"experiment": "l", "arm": "base", "control": "yes", "creative": "x", "metric": "cvr"},
        {"experiment": "l", "arm": "new", "creative": "y", "metric": "cvr", "lift": 1.1, "ci_low": 1.0, "ci_high": 1.2},
        {
            "experiment": "g",
            "kind": "geo",
            "arm": "on",
            "platform": "Meta",
            "incremental": "40",
            "incremental_error": 9,
        },
        {"experiment": "g", "kind": "geo", "arm": "holdout", "platform": "Meta"},
    ]
    lifts, study = experiments_of_json(json.dumps({"rows": rows}))
    assert (lifts.metric, lifts.control.name, lifts.arms[1].low) == ("cvr", "base", 1.0)
    assert (study.kind, study.platform, study.control.name, study.arms[0].platform) == ("geo", "Meta", "holdout", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows"),
        ("experiment,arm\n", "no rows"),
        ("experiment,arm,clicks\nt,a,1.234,5\n", "no column"),
        ("experiment,arm,clicks\nt,a,many\n", "row 1: clicks is no number"),
        ("experiment,arm,colour\nt,a,red\n", "'colour' is no column"),
        ("arm,clicks\na,1\n", "names no experiment"),
        ("experiment,clicks\nt,1\n", "names no arm"),
        ("experiment,arm,control,creative\nt,a,maybe,x\n", "control is 'maybe'"),
        ("experiment,arm,kind,creative\nt,a,ab,x\nt,b,geo,y\n", "kind differs"),
        ("experiment,arm,creative\nt,a,x\nt,b,x\n", "differ in"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        experiments_of_csv(text)


@pytest.mark.parametrize(
    "body", ["", "[]", "3", '{"rows": 3}', '[{"name": "t"}]', '[{"name":"t","arms":[1,2]}]', "[" * 9999]
)
def test_what_is_no_experiment_is_refused(body: str) -> None:
    with pytest.raises(InvalidInput):
        experiments_of_json(body)


def test_no_more_are_taken_at_once_than_can_be_answered() -> None:
    for body in ([{}] * (MOST_AT_ONCE + 1), {"rows": [{"test": f"e{n}", "arm": "a"} for n in range(MOST_AT_ONCE + 1)]}):
        with pytest.raises(InvalidInput, match="1,001 experiments given"):
            experiments_of_json(json.dumps(body))
