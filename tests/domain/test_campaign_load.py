"""What one campaign may ask of the learning is counted before anything is made of it; the refusal names the field."""

import pytest

from reflection.domain.campaign_load import MOST_MEMBERSHIPS, MOST_SIGNALS, check_load, memberships
from reflection.errors import InvalidInput

CELL = {"impressions": 1, "clicks": 0, "conversions": 0.0, "spend": 0.0}


def _audiences(count: int, attributes: int, values: int = 1) -> list[dict[str, object]]:
    said = [[f"v{(i + k) % 5}" for k in range(values)] for i in range(count)]
    return [{"name": f"a{i}", "attributes": {f"g{j}": said[i] for j in range(attributes)}} for i in range(count)]


def test_names_types_and_values_are_counted_once_however_often_they_are_said(make_campaign) -> None:
    check_load(make_campaign(audiences=_audiences(200, 10)))

    many = [{"name": "a", "attributes": {"tag": [f"v{i}" for i in range(MOST_SIGNALS + 1)]}}]
    with pytest.raises(InvalidInput, match="different names, types and values") as refused:
        check_load(make_campaign(audiences=many))
    assert refused.value.field == "audiences"


def test_the_field_that_says_most_is_named(make_campaign) -> None:
    creatives = [
        {"id": f"c{i}", "type": "video", "attributes": {f"h{j}": f"{i}-{j}" for j in range(10)}} for i in range(150)
    ]
    with pytest.raises(InvalidInput) as refused:
        check_load(make_campaign(creatives=creatives, audiences=_audiences(2, 1)))
    assert refused.value.field == "creatives"


def test_rows_count_what_their_audience_and_creative_say(make_campaign) -> None:
    creatives = [{"id": f"c{i}", "type": "video"} for i in range(3)]
    rows = [{"audience": "a0", "creative": "c1", "metrics": CELL}, {"creative": "c2", "metrics": CELL}]
    campaign = make_campaign(audiences=_audiences(2, 4, 3), creatives=creatives, breakdown=rows)

    assert memberships(campaign) == (13 + 2) + (26 + 2)


def test_a_breakdown_that_repeats_too_much_is_refused(make_campaign) -> None:
    creatives = [{"id": f"c{i}", "type": "video"} for i in range(100)]
    rows = [{"audience": f"a{i}", "creative": f"c{j}", "metrics": CELL} for i in range(40) for j in range(100)]
    campaign = make_campaign(audiences=_audiences(40, 50), creatives=creatives, breakdown=rows)

    assert memberships(campaign) > MOST_MEMBERSHIPS
    with pytest.raises(InvalidInput, match="the rows say") as refused:
        check_load(campaign)
    assert refused.value.field == "breakdown"
