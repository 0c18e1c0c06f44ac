"""Keys that are made here: only digests are kept, a revoked one opens nothing, a purge takes them along."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import NotFound
from reflection.store.api_keys import PREFIX, KeyBook, KeyRing
from reflection.store.database.connections import Database
from reflection.store.maintenance.purge import purge_workspace, remaining
from reflection.store.maintenance.verify import verify

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def book(database: Database) -> KeyBook:
    return KeyBook(database, now=lambda: NOW)


def test_a_key_is_found_by_its_text_and_says_what_it_may(book: KeyBook) -> None:
    key, text = book.create("acme", "read", "dashboard")

    found = book.ring().find(text)

    assert found == key
    assert (key.workspace, key.scope, key.name) == ("acme", "read", "dashboard")
    assert text.startswith(f"{PREFIX}_{key.key_id}_")
    assert len(text.split("_", 2)[2]) == 43, "256 bits"


@pytest.mark.sqlite
def test_the_text_is_nowhere_in_the_file(book: KeyBook, database: Database) -> None:
    _, text = book.create("acme", "write", "")
    secret = text.split("_", 2)[2]
    database.close()

    folder = database.path.parent
    assert all(secret.encode() not in path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_two_keys_of_the_same_secret_would_have_other_digests(book: KeyBook, database: Database) -> None:
    book.create("acme", "write", "")
    book.create("acme", "write", "")
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT salt, digest FROM api_keys").fetchall()

    assert len({salt for salt, _ in rows}) == 2
    assert all(len(digest) == 32 and len(salt) == 16 for salt, digest in rows)


def test_almost_the_key_is_not_the_key(book: KeyBook) -> None:
    key, text = book.create("acme", "write", "")
    other, _ = book.create("acme", "write", "")
    ring = book.ring()
    secret = text.split("_", 2)[2]

    wrong = [
        text[:-1],
        text + "x",
        text.upper(),
        secret,
        f"{PREFIX}_{other.key_id}_{secret}",
        f"{PREFIX}_{key.key_id}_",
    ]
    assert [ring.find(sent) for sent in wrong] == [None] * len(wrong)


@given(st.text(max_size=100))
def test_no_text_opens_an_empty_ring_or_breaks_it(sent: str) -> None:
    assert KeyRing({}).find(sent) is None
    assert KeyRing({}).find(f"{PREFIX}_{sent}") is None


def test_a_revoked_key_opens_nothing_and_stays_as_a_record(database: Database) -> None:
    clock = iter([NOW, NOW + timedelta(days=1), NOW + timedelta(days=2)])
    book = KeyBook(database, now=lambda: next(clock))
    key, text = book.create("acme", "write", "old")

    revoked = book.revoke(key.key_id)
    again = book.revoke(key.key_id)

    assert book.ring().find(text) is None
    assert book.list() == [revoked]
    assert revoked.revoked_at is not None
    assert again.revoked_at == revoked.revoked_at


def test_a_key_that_is_not_there_cannot_be_revoked(book: KeyBook) -> None:
    with pytest.raises(NotFound, match="no key 'x'"):
        book.revoke("x")


def test_keys_are_listed_by_age_and_by_workspace(book: KeyBook) -> None:
    made = [book.create(workspace, "read", "")[0] for workspace in ("acme", "globex", "*")]

    assert {key.key_id for key in book.list()} == {key.key_id for key in made}
    assert [key.workspace for key in book.list("globex")] == ["globex"]


def test_a_ring_remembers_that_there_were_keys(book: KeyBook) -> None:
    assert not book.ring()
    key, _ = book.create("acme", "write", "")
    book.revoke(key.key_id)

    assert book.ring()


def test_purging_a_workspace_takes_its_keys_and_no_other(book: KeyBook, database: Database) -> None:
    _, gone = book.create("purged", "write", "")
    _, kept = book.create("kept", "write", "")

    purge_workspace(database, "purged", "2026-04-01")

    assert remaining(database, "purged").keys() <= {"outbox"}, "what tells the publisher to remove the files"
    assert book.ring().find(gone) is None
    assert book.ring().find(kept) is not None
    assert verify(database) == []
