"""What is peculiar to an account is not taken for an effect of what only that account books."""

import random
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import worlds
from reflection.domain.evidence import Evidence
from reflection.inference.columns.accounts import ACCOUNT, account_columns, account_features, chosen_accounts
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fits.fit import fit_metrics
from reflection.inference.learn import learn


@pytest.fixture(scope="module")
def evidence() -> list[Evidence]:
    """Twelve campaigns of each of eight accounts: three on Google and Meta, two on TikTok; nothing has an effect."""
    return list(worlds.WORLDS["several accounts, null"].make(1).evidence)


def _columns(evidence: list[Evidence]) -> tuple[np.ndarray, list[str]]:
    table = Dataset.of(evidence)
    chosen = chosen_accounts(table.campaigns)
    matrix = account_columns(table.campaigns, table.campaign, chosen)
    return matrix.toarray(), [feature.level for feature in account_features(chosen)]


def test_each_account_of_a_platform_with_several_is_a_column(evidence: list[Evidence]) -> None:
    matrix, levels = _columns(evidence)
    assert levels == sorted(levels)
    assert len(levels) == 8
    assert "google/account 0" in levels
    assert matrix.sum(axis=1).tolist() == [1.0] * len(evidence)


def test_an_account_alone_on_its_platform_cannot_be_told_from_it(evidence: list[Evidence]) -> None:
    alone = {"account 2", "account 0", "account 3"}
    matrix, levels = _columns([item for item in evidence if item.account_id in alone])
    assert levels == ["google/account 0", "google/account 3"]
    assert set(matrix.sum(axis=1).tolist()) == {0.0, 1.0}
    assert _columns([replace(item, account_id=None) for item in evidence])[1] == []


def test_of_very_many_accounts_those_with_the_most_campaigns_have_columns(
    evidence: list[Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reflection.inference.columns.accounts.MOST_ACCOUNTS", 2)
    fewer = [item for item in evidence if item.account_id != "account 5"] + evidence[60:63]
    assert _columns(fewer)[1] == ["google/account 0", "google/account 3"]


def test_an_account_is_no_signal_and_its_scatter_is_learnt(evidence: list[Evidence]) -> None:
    fitted = fit_metrics(Dataset.of(evidence))
    knowledge = learn(evidence)
    tau = dict(zip(fitted.layout.groups, fitted.metrics["ctr"].fit.tau, strict=True))[ACCOUNT]

    assert 0.15 < tau < 0.7, "planted: 0.35"
    assert not any("account" in effect.signal for effect in knowledge.effects)
    assert knowledge.posteriors["ctr"].sigma > tau, "whoever is foretold may be of any account"
    assert not any(effect.finding for effect in knowledge.effects)


def test_the_order_of_arrival_changes_nothing(evidence: list[Evidence]) -> None:
    some = evidence[::3]
    shuffled = list(some)
    random.Random(4).shuffle(shuffled)
    assert learn(some).effects == learn(shuffled).effects
