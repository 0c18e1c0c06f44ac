"""The same SHA-256 of effects, weights and answers in a file and on a server, learnt there or brought there."""

import hashlib
import itertools
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from sqlalchemy.engine import URL
from tests.store.before_seals import take_seals_away

from reflection.cli.main import main
from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import Knowledge
from reflection.errors import Conflict
from reflection.inference.recheck import differences
from reflection.settings import Settings
from reflection.store.database import connections
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.maintenance import copying
from reflection.store.maintenance.agreement import contradictions
from reflection.store.maintenance.copying import copy_into
from reflection.store.maintenance.sealing import seal_rest, unsealed_rows
from reflection.store.maintenance.verify import verify
from reflection.wiring import Application, build

NEW_IN_EACH = ("as_of", "generated_at", "output_path")


@pytest.fixture
def file_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Settings]:
    """Settings of an application on a real SQLite file."""

    def make(name: str) -> Settings:
        folder = tmp_path / name
        folder.mkdir()
        return Settings.load(
            _env_file=None, database_path=folder / "x.db", output_dir=folder / "output", vector_backend="local",
            weights_path=folder / "weights.json", background="none",
        )  # fmt: skip

    return make


@pytest.fixture
def on_file(monkeypatch: pytest.MonkeyPatch) -> Callable[[Settings], Application]:
    """An application on the file itself and not on the database that stands for it."""

    def make(settings: Settings) -> Application:
        with monkeypatch.context() as patch:
            patch.setattr(connections, "url_of", lambda place: URL.create("sqlite", database=str(place)))
            return build(settings)

    return make


def _load(application: Application, history: tuple[Campaign, ...]) -> None:
    """Forty campaigns, one of them corrected, one deleted."""
    for campaign in history:
        application.engine.analyze(campaign)
    body = json.loads(history[3].model_dump_json())
    body["actual_metrics"]["conversions"] += 7
    application.engine.analyze(Campaign.model_validate_json(json.dumps(body)))
    application.engine.delete(history[5].campaign_id)
    application.learner.learn_now("default")


def _sha256(value: Any) -> str:
    return hashlib.sha256(value if isinstance(value, bytes) else orjson.dumps(value, default=_plain)).hexdigest()


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else dict(value)


def _rounded(value: Any) -> Any:
    """A sum to twelve digits: this SQLite adds money in the order of its rows, the last digit may be another."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _stripped(item) for name, item in value.items() if name not in NEW_IN_EACH}
    return [_stripped(item) for item in value] if isinstance(value, list) else value


def _digests(application: Application) -> dict[str, str]:
    """Effects, weights, draws, answers, and what a month and an insight add up to."""
    knowledge: Knowledge = application.store.knowledge("default")
    stored = application.store.campaigns("default")
    with application.store.snapshot("default") as snapshot:
        sums = snapshot.month_sums("2000-01-01", ())
        insights = [{**row, "id": 0, "created_at": ""} for row in snapshot.insights(500)]
    return {
        "effects": _sha256(knowledge.effects),
        "findings": _sha256([_stripped(orjson.loads(orjson.dumps(one, default=dict))) for one in knowledge.findings]),
        "weights": _sha256([one.weight for one in knowledge.weights]),
        "draws": _sha256(b"".join(one.draws.tobytes() for _, one in sorted(knowledge.posteriors.items()))),
        "answers": _sha256([_stripped(orjson.loads(campaign.answer)) for campaign in stored]),
        "campaigns": _sha256([campaign.campaign_json for campaign in stored]),
        "sums": _sha256([{name: _rounded(value) for name, value in row.items()} for row in sums]),
        "insights": _sha256(insights),
    }


def test_a_file_and_a_server_learn_and_answer_the_same_bits(
    file_settings: Callable[[str], Settings],
    on_file: Callable[[Settings], Application],
    history: tuple[Campaign, ...],
) -> None:
    with on_file(file_settings("file")) as file, build(file_settings("server")) as server:
        assert (file.database.is_file, server.database.is_file) == (True, False)
        for application in (file, server):
            _load(application, history)
        assert _digests(file) == _digests(server)
        assert verify(server.database) == []


def test_a_file_that_is_brought_to_a_server_says_the_same_there(
    file_settings: Callable[[str], Settings],
    on_file: Callable[[Settings], Application],
    history: tuple[Campaign, ...],
    empty: URL,
) -> None:
    settings = file_settings("file")
    with on_file(settings) as file:
        _load(file, history)
        expected = _digests(file)
        with closing(open_database(empty)) as target:
            _kill_while_copying(file.database, empty, rows=200)
            copied = copy_into(file.database, target)
            assert copied.rows["evidence"] == len(history) + 3
            assert copy_into(file.database, target) == copied, "once more, as after a kill at its very end"
            file.store.add_workspace("another")
            with pytest.raises(Conflict, match="not empty"):
                copy_into(file.database, target)
            assert verify(target) == contradictions(target) == []
            assert unsealed_rows(target) == 0
    moved = settings.model_copy(update={"database_url": _Secret(empty)})
    with build(moved) as server:
        assert _digests(server) == expected
        assert differences(server.store, "default") == []
        server.engine.analyze(history[5])  # its numbers go on where the file's ended
        server.learner.learn_now("default")
        assert server.store.last_seq("default") == len(history) + 4
        assert verify(server.database) == []


class _Secret:
    def __init__(self, url: URL) -> None:
        self._url = url

    def get_secret_value(self) -> str:
        return self._url.render_as_string(hide_password=False)


def _kill_while_copying(source: Database, empty: URL, rows: int) -> None:
    """A child is killed when it has read so many rows."""
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        return
    left, read = itertools.count(-rows), copying._rows

    def killed(*arguments: Any) -> Iterator[Any]:
        for row in read(*arguments):
            if not next(left):
                os.kill(os.getpid(), signal.SIGKILL)
            yield row

    copying._rows = killed
    with closing(open_database(empty)) as target:
        copy_into(source, target)
    os._exit(1)


def test_rows_of_before_there_were_seals_are_sealed_before_they_are_copied(
    file_settings: Callable[[str], Settings],
    on_file: Callable[[Settings], Application],
    history: tuple[Campaign, ...],
    empty: URL,
) -> None:
    with on_file(file_settings("file")) as file, closing(open_database(empty)) as target:
        file.engine.analyze(history[0])
        with file.database.write() as connection:
            take_seals_away(connection)
        with pytest.raises(Conflict, match="have no seal"):
            copy_into(file.database, target)
        assert seal_rest(file.database) > 0
        assert copy_into(file.database, target).rows["campaigns"] == 1


@pytest.mark.parametrize("meanwhile", ["purge", "post"])
def test_a_file_that_changes_while_it_is_copied_is_not_copied(
    file_settings: Callable[[str], Settings],
    on_file: Callable[[Settings], Application],
    history: tuple[Campaign, ...],
    empty: URL,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: str,
) -> None:
    """Else a purged workspace would come back with the new database, and an acknowledged campaign would not."""
    settings = file_settings("file")
    with on_file(settings) as file, on_file(settings) as other, closing(open_database(empty)) as target:
        file.engine.analyze(history[0], workspace="acme")
        number_on = copying._number_on

        def changed(*arguments: Any) -> None:
            number_on(*arguments)
            if meanwhile == "post":
                other.engine.analyze(history[1], workspace="acme")
            else:
                other.purge("acme", scrubbed=False)

        monkeypatch.setattr(copying, "_number_on", changed)
        with pytest.raises(Conflict, match="meanwhile; nothing was stored"):
            copy_into(file.database, target)

        monkeypatch.undo()
        assert copy_into(file.database, target).rows.get("campaigns", 0) == (2 if meanwhile == "post" else 0)


def test_the_command_refuses_what_it_cannot_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: URL) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARKO_DATABASE_PATH", str(tmp_path / "nothing.db"))
    monkeypatch.setattr("sys.argv", ["reflection", "migrate", "--to", empty.render_as_string(hide_password=False)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
