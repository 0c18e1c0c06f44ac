"""Pieces of a relearn: bound to what they were made from, and the same bits when they are used again."""

import dataclasses
import random

import numpy as np
import pytest

from reflection.domain.evidence import encode
from reflection.inference import checkpoints
from reflection.inference.checkpoints import Announced, KeptFits, NoPieces, gather, position
from reflection.inference.dataset import EvidenceTable, Gathered
from reflection.inference.fit import METRICS, fit_metrics


class Remembered:
    """Pieces in memory; says which were found."""

    def __init__(self):
        self.kept, self.found = {}, []

    def load(self, name, key):
        kept = self.kept.get(name)
        if kept is None or kept[0] != key:
            return None
        self.found.append(name)
        return kept[1]

    def save(self, name, key, piece):
        self.kept[name] = key, {array: np.array(value) for array, value in piece.items()}


@pytest.fixture
def payloads(history_evidence):
    return [encode(item) for item in sorted(history_evidence, key=lambda item: item.campaign_id)]


@pytest.fixture
def pieces():
    return Remembered()


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    monkeypatch.setattr(checkpoints, "SEGMENT", 8)


def test_gathering_in_pieces_is_gathering(payloads, history_evidence, pieces):
    expected = EvidenceTable.of(history_evidence).digest()
    assert gather(payloads, NoPieces()).table().digest() == expected
    assert gather(payloads, pieces).table().digest() == expected
    assert sorted(pieces.kept) == [f"evidence-{number:05d}" for number in range(5)]


@pytest.mark.parametrize("stopped_after", [0, 3, 8, 20, 39, 40])
def test_what_was_gathered_before_a_stop_is_not_decoded_again(payloads, pieces, stopped_after, monkeypatch):
    gather(payloads[:stopped_after], pieces)
    decoded, decode = [], checkpoints.decode
    monkeypatch.setattr(checkpoints, "decode", lambda payload: decoded.append(payload) or decode(payload))

    again = gather(payloads, pieces)

    assert decoded == payloads[stopped_after // 8 * 8 :]
    straight = gather(payloads, NoPieces())
    assert again.table().digest() == straight.table().digest()
    assert again.campaigns.ids.tolist() == straight.campaigns.ids.tolist()
    assert again.campaigns.platform.tolist() == straight.campaigns.platform.tolist()
    for name in ("day", "spend", "conversions", "has_revenue", "planned"):
        np.testing.assert_array_equal(getattr(again.campaigns, name), getattr(straight.campaigns, name))


@pytest.mark.parametrize("seed", range(5))
def test_a_change_anywhere_is_read_and_so_is_everything_after_it(payloads, pieces, seed):
    gather(payloads, pieces)
    changed = random.Random(seed).randrange(40)
    payloads[changed] = payloads[changed].replace(b'"day":', b'"day":1')
    pieces.found.clear()

    again = gather(payloads, pieces)

    assert pieces.found == [f"evidence-{number:05d}" for number in range(changed // 8)]
    np.testing.assert_array_equal(again.campaigns.day, gather(payloads, NoPieces()).campaigns.day)


def test_what_an_older_version_gathered_is_not_taken(payloads, pieces, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr(checkpoints, "_GATHERED", b"")
        gather(payloads, pieces)
    assert len(pieces.kept) == 5

    again = gather(payloads, pieces)

    assert pieces.found == []
    assert again.table().digest() == gather(payloads, NoPieces()).table().digest()


def test_evidence_that_went_or_came_is_noticed(payloads, pieces):
    gather(payloads, pieces)
    for other in (payloads[1:], payloads[:20] + payloads[21:], [payloads[-1], *payloads[:-1]]):
        assert gather(other, pieces).campaigns.ids.tolist() == gather(other, NoPieces()).campaigns.ids.tolist()
        assert gather(other, pieces).table().digest() == gather(other, NoPieces()).table().digest()


def test_a_fit_that_was_kept_is_the_fit_bit_for_bit(fitted, pieces):
    kept = KeptFits(pieces)
    for metric in fitted.metrics.values():
        kept.save(metric, fitted.table)

    again = fit_metrics(fitted.table, kept=KeptFits(pieces))

    assert pieces.found == [f"fit-{name}" for name in METRICS]
    for name, metric in fitted.metrics.items():
        found = again.metrics[name]
        assert found.reference == metric.reference
        assert len(metric.left_out) == 39
        assert found.left_out.tobytes() == metric.left_out.tobytes()
        for field in dataclasses.fields(metric.fit):
            ours, theirs = getattr(found.fit, field.name), getattr(metric.fit, field.name)
            if isinstance(theirs, np.ndarray):
                assert (ours.dtype, ours.shape, ours.tobytes()) == (theirs.dtype, theirs.shape, theirs.tobytes())
            else:
                assert (type(ours), ours) == (type(theirs), theirs)


def test_a_fit_to_another_table_is_not_used(fitted, pieces, history_evidence):
    kept = KeptFits(pieces)
    kept.save(fitted.metrics["cpm"], fitted.table)
    fewer = EvidenceTable.of(history_evidence[:-1])
    assert kept.load("cpm", fewer, fitted.layout) is None
    assert kept.load("cpm", fitted.table, fitted.layout) is not None


@pytest.mark.parametrize("column", ["campaign", "impressions", "clicks", "conversions", "spend", "revenue"])
def test_every_column_counts_in_the_digest(fitted, column):
    changed = getattr(fitted.table, column).copy()
    changed[7] += 1
    assert dataclasses.replace(fitted.table, **{column: changed}).digest() != fitted.table.digest()


def test_days_sizes_features_and_shares_count_in_the_digest(fitted):
    table = fitted.table
    later = dataclasses.replace(table.campaigns, day=table.campaigns.day + 1)
    larger = dataclasses.replace(table.campaigns, planned=2 * table.campaigns.planned)
    shares = table.shares.copy()
    shares.data[0] *= 0.5
    digests = [
        dataclasses.replace(table, campaigns=larger).digest(),
        dataclasses.replace(table, campaigns=later).digest(),
        dataclasses.replace(table, features=table.features[::-1]).digest(),
        dataclasses.replace(table, shares=shares).digest(),
        table.digest(),
    ]
    assert len(set(digests)) == 5


@pytest.mark.parametrize(
    ("stopped", "learnt", "last", "expected", "remarks"),
    [
        (None, 0, 9, 9, 0),
        (7, 0, 9, 7, 0),
        (7, 7, 9, 7, 0),
        (9, 0, 9, 9, 0),
        (7, 8, 9, 9, 1),
        (12, 0, 9, 9, 1),
    ],
)
def test_it_stays_at_the_entry_where_it_stood_unless_somebody_learnt_more(
    pieces, stopped, learnt, last, expected, remarks
):
    told = []
    if stopped is not None:
        assert position(pieces, 0, stopped, told.append) == stopped
    assert position(pieces, learnt, last, told.append) == expected
    assert position(pieces, 0, 99, told.append) == expected
    assert len(told) == remarks


def test_where_it_goes_on_is_said_once_at_the_first_step_that_is_done(pieces):
    told, at = [], iter((62, 90))
    announced = Announced(pieces, told.append, lambda: next(at))
    announced.load("a", "")
    assert told == []
    announced.save("a", "", {})
    announced.load("a", "")
    announced.load("b", "")
    announced.load("c", "")
    announced.announce()
    assert told == ["going on from 62 %, where an earlier relearn was stopped"]


def test_nothing_gathered_can_be_kept_and_added():
    gathered = Gathered()
    nothing = gathered.since(gathered.mark())
    gathered.extend(nothing)
    assert len(gathered.campaigns) == 0
