"""Several processes analyse one file: the same answers in the same order, and nothing lost when one of them dies."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from reflection.cli import analyze as command
from reflection.cli.processes import MOST, PORTION, Workers, cores
from reflection.domain.answers import Answer
from reflection.domain.campaign import Campaign
from reflection.engine.bulk import BATCH
from reflection.errors import Unavailable
from reflection.settings import Settings
from reflection.store.campaigns import SqlStore
from reflection.store.database.open import open_database

Make = Callable[..., Campaign]
W = "default"


def test_results_come_back_in_order_and_contents_of_one_campaign_stay_in_theirs(
    settings: Settings, make_campaign: Make
) -> None:
    campaigns = [make_campaign(campaign_id=f"c{number:02d}") for number in range(40)]
    again = [make_campaign(campaign_id=f"c{number:02d}", actual={"clicks": 4_000 + number}) for number in range(40)]

    with Workers(settings, W, 2) as workers:
        first = list(workers.analyze_many([*campaigns, *again, campaigns[7], again[7]]))
        second = list(workers.analyze_many(again))

    ids = [json.loads(one.body)["comparison_report"]["campaign_id"] for one in first if isinstance(one, Answer)]
    assert ids == [one.campaign_id for one in (*campaigns, *again, campaigns[7], again[7])]
    assert all(isinstance(one, Answer) and one.replayed for one in second)
    database = open_database(settings.database_path)
    try:
        store = SqlStore(database)
        for campaign in again:
            stored = store.campaign(W, campaign.campaign_id)
            assert stored is not None
            assert stored.content_hash == campaign.content_hash()
            assert stored.revision == (4 if campaign.campaign_id == "c07" else 2)
    finally:
        database.close()


def test_a_portion_is_one_transaction_of_each_process(settings: Settings, make_campaign: Make) -> None:
    campaigns = [make_campaign(campaign_id=f"cmp_{number:05d}") for number in range(2 * PORTION)]
    shares: list[list[Campaign]] = []

    class Heard:
        def ask(self, share: list[Campaign]) -> None:
            shares.append(share)

    workers = Workers(settings, W, 0)
    workers._workers = [Heard(), Heard()]  # type: ignore[list-item]
    workers._portion(campaigns)
    assert sum(len(share) for share in shares) == len(campaigns)
    assert all(0.9 * PORTION < len(share) <= BATCH for share in shares)


def test_a_process_that_dies_is_told_and_what_was_stored_stays(settings: Settings, make_campaign: Make) -> None:
    campaigns = [make_campaign(campaign_id=f"c{number:02d}") for number in range(12)]

    with Workers(settings, W, 1) as workers:
        assert len(list(workers.analyze_many(campaigns))) == 12
        victim = multiprocessing.active_children()[0]
        os.kill(victim.pid or 0, signal.SIGKILL)
        victim.join(30)
        with pytest.raises(Unavailable, match="ended early") as told:
            list(workers.analyze_many(campaigns))

    assert "run it again" in told.value.hint
    database = open_database(settings.database_path)
    try:
        assert len(SqlStore(database).campaigns(W, limit=50)) == 12
    finally:
        database.close()


@pytest.mark.usefixtures("nothing_learnt")
def test_a_large_file_is_shared_out_refused_lines_told_and_a_second_run_passes_over_what_is_stored(
    run: Any, folder: Any, campaign: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MANY", 5)
    lines = [json.dumps(campaign(campaign_id=f"c{number:02d}")) for number in range(20)]
    (folder / "big.jsonl").write_text("\n".join([*lines[:8], '{"campaign_id": "bad"}', *lines[8:]]) + "\n")

    first = run("analyze", "big.jsonl", "--processes", "2", "--json")
    second = run("analyze", "big.jsonl", "--processes", "1")

    told = [json.loads(line)["comparison_report"]["campaign_id"] for line in first.stdout.splitlines()]
    assert told == [f"c{number:02d}" for number in range(20)]
    assert (first.returncode, second.returncode) == (2, 2)
    assert "20 analysed, 1 refused" in first.stderr
    assert "stored before" not in first.stderr
    assert "20 of 20 were stored before and passed over" in second.stderr
    assert len(list((folder / "output").glob("c*"))) == 20


def test_more_processes_than_help_are_not_started() -> None:
    assert 1 <= cores() <= MOST
