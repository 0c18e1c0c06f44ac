"""The evidence as columns: the same for every order, aliases merged, money of one currency only."""

import dataclasses
import random

import numpy as np
import pytest

from reflection.domain.evidence import evidence_of
from reflection.inference.evidence.dataset import Dataset, DatasetBuilder
from reflection.inference.evidence.table_columns import feature_of
from reflection.stats.sums.columns import Feature


def _same(one, other):
    assert one.features == other.features
    assert one.campaigns.ids.tolist() == other.campaigns.ids.tolist()
    assert one.aliases == other.aliases
    assert one.currency == other.currency
    assert (one.shares != other.shares).nnz == 0
    np.testing.assert_array_equal(one.campaigns.planned, other.campaigns.planned)
    for name in ("campaign", "impressions", "clicks", "conversions", "spend", "revenue"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def _evidence(make_campaign, campaign_id, **changes):
    return evidence_of(make_campaign(campaign_id=campaign_id, **changes))


def test_the_order_of_arrival_does_not_matter(history_evidence):
    straight = Dataset.of(history_evidence)
    for seed in range(3):
        shuffled = list(history_evidence)
        random.Random(seed).shuffle(shuffled)
        _same(Dataset.of(shuffled), straight)


def test_leaving_campaigns_out_is_as_if_they_had_never_been_there(history_evidence):
    out = {history_evidence[3].campaign_id, history_evidence[30].campaign_id}
    _same(
        DatasetBuilder(history_evidence).dataset(without=out),
        Dataset.of(item for item in history_evidence if item.campaign_id not in out),
    )


def test_cells_keep_their_shares_and_counts(history_evidence):
    table = Dataset.of(history_evidence)
    assert len(table) == 40
    assert len(table.campaign) == sum(len(item.cells) for item in history_evidence)
    assert table.impressions.sum() == sum(cell.counts.impressions for item in history_evidence for cell in item.cells)
    platforms = [column for column, feature in enumerate(table.features) if feature.group == "platform"]
    assert set(table.shares[:, platforms].sum(axis=1).tolist()) == {1.0}


def test_the_planned_size_is_kept_beside_what_was_delivered(history_evidence):
    campaigns = Dataset.of(history_evidence[::-1]).campaigns
    planned = dict(zip(campaigns.ids.tolist(), campaigns.planned.tolist(), strict=True))
    assert planned == {item.campaign_id: item.expected.impressions for item in history_evidence}


def test_sums_by_campaign(history_evidence):
    table = Dataset.of(history_evidence)
    by_id = dict(zip(table.campaigns.ids.tolist(), table.by_campaign(table.clicks).tolist(), strict=True))
    assert by_id == {item.campaign_id: sum(cell.counts.clicks for cell in item.cells) for item in history_evidence}


def test_an_empty_table_is_fine():
    table = Dataset.of([])
    assert len(table) == 0
    assert table.features == ()
    assert table.currency is None
    assert table.by_campaign(table.spend).shape == (0,)


def test_signals_that_always_come_together_are_one(make_campaign):
    table = Dataset.of(
        [
            _evidence(make_campaign, "a"),
            _evidence(
                make_campaign,
                "b",
                platform="Google",
                audiences=[{"name": "Others"}],
                creatives=[{"id": "x", "type": "text"}],
            ),
        ]
    )
    assert table.aliases["creative:crt_010"] == table.aliases["audience.age:18-25"] == "platform:meta"
    assert Feature("platform", "meta") in table.features
    assert Feature("creative.type", "video") not in table.features


def test_attributes_stand_for_names_and_mains_for_interactions(make_campaign):
    other = {"platform": "Google", "objective": "Sales", "creatives": [{"id": "x", "type": "text"}]}
    table = Dataset.of(
        [
            _evidence(make_campaign, "a", audiences=[{"name": "S", "attributes": {"segment": "students"}}]),
            _evidence(make_campaign, "b", audiences=[{"name": "S", "attributes": {"segment": "students"}}], **other),
            _evidence(make_campaign, "c", audiences=[{"name": "P", "attributes": {"segment": "parents"}}]),
        ]
    )
    assert table.aliases["audience:s"] == "audience.segment:students"
    assert table.aliases["platform*creative.type:google*text"] in ("platform:google", "objective:sales")


def test_amounts_of_another_currency_are_left_out_never_added(make_campaign):
    usd = [_evidence(make_campaign, name, currency="USD") for name in ("a", "b")]
    table = Dataset.of([*usd, _evidence(make_campaign, "c", currency="EUR"), _evidence(make_campaign, "d")])

    assert table.currency == "USD"
    spend = dict(zip(table.campaigns.ids.tolist(), table.by_campaign(table.spend).tolist(), strict=True))
    assert spend["a"] == spend["b"] == 3950.0
    assert np.isnan([spend["c"], spend["d"]]).all()
    assert table.impressions.sum() == 4 * 140_000


def test_a_draw_between_currencies_is_decided_the_same_way_always(make_campaign):
    one, other = _evidence(make_campaign, "a", currency="USD"), _evidence(make_campaign, "b", currency="EUR")
    assert Dataset.of([one, other]).currency == Dataset.of([other, one]).currency == "USD"


def test_not_stating_a_currency_is_a_currency_of_its_own(make_campaign):
    table = Dataset.of([_evidence(make_campaign, "a"), _evidence(make_campaign, "b")])
    assert table.currency is None
    assert not np.isnan(table.spend).any()


def test_missing_revenue_stays_missing(make_campaign):
    table = Dataset.of([_evidence(make_campaign, "a", actual={"revenue": None}), _evidence(make_campaign, "b")])
    assert np.isnan(table.revenue).tolist() == [True, False]
    assert table.campaigns.has_revenue.tolist() == [False, True]


@pytest.mark.parametrize("key", ["platform:meta", "audience.age:18-25", "platform*creative.type:meta*video"])
def test_a_feature_reads_as_its_key(key):
    assert str(feature_of(key)) == key


def test_a_cell_equal_but_for_its_share_is_no_alias(make_campaign):
    halves = [{"name": "A"}, {"name": "B"}]
    table = Dataset.of(
        [_evidence(make_campaign, "a", audiences=halves), _evidence(make_campaign, "b", audiences=halves[:1])]
    )
    assert "audience:b" not in table.aliases
    assert dataclasses.is_dataclass(table)
