"""Shared pages over a new database and over one that an earlier release wrote; they go with what they are about."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reflection.errors import NotFound
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.maintenance.purge import purge_workspace, remaining
from reflection.store.shares import ShareBook, SharedPage

WEEK = timedelta(days=7)


def test_pages_are_kept_until_their_workspace_is_purged(any_database: Database) -> None:
    shares = ShareBook(any_database)
    pages = {name: SharedPage("report", f"of {name}", name.encode(), campaign_id="c") for name in ("acme", "globex")}
    texts = {name: shares.create(name, page, WEEK)[1] for name, page in pages.items()}

    assert {name: shares.open(text)[0] for name, text in texts.items()} == {"acme": "acme", "globex": "globex"}
    assert shares.open(texts["acme"])[2] == b"acme"
    purge_workspace(any_database, "acme", "2026-03-01T00:00:00.000000+00:00")
    assert set(remaining(any_database, "acme")) <= {"outbox"}
    with pytest.raises(NotFound):
        shares.open(texts["acme"])
    assert shares.open(texts["globex"])[2] == b"globex"


def test_a_page_is_removed_with_its_campaign_and_with_no_other(
    database: Database, store: SqlStore, record: Callable[..., Any]
) -> None:
    shares = ShareBook(database)
    for name in ("cmp_1", "cmp_2"):
        store.save_analysis(record(name))
        shares.create("default", SharedPage("report", name, b"x", campaign_id=name), WEEK)
    shares.create("default", SharedPage("learning", "l", b"x", learning_id="lrn_1"), WEEK)
    store.delete_campaign("default", "cmp_1")

    assert {item["title"] for item in shares.list("default")} == {"cmp_2", "l"}
