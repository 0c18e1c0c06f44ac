"""The recipes of docs/recipes.md, run as they are against a live server with rows as the tools write them.

The warehouse is a real database with Airbyte's tables. Of dlt there is only a stand-in here: its decorator does nothing
but keep the function, its client is the tests' own, and its exception is an exception. What dlt itself adds (batches,
configuration, waiting on 429) is dlt's.
"""

import datetime as dt
import importlib.util
import json
import sqlite3
import sys
import types
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
TODAY = dt.date(2026, 10, 20)


def loaded(name: str):
    spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


warehouse = loaded("warehouse")


@pytest.fixture
def destination(monkeypatch, guarded):
    """The function that dlt would call with the items and the schema of a table."""
    posting = Posting(guarded.client())
    dlt, exceptions, helpers = (types.ModuleType(name) for name in ("dlt", "exceptions", "helpers"))
    dlt.destination = lambda **_: lambda function: function
    dlt.config = dlt.secrets = types.SimpleNamespace(value=None)
    exceptions.DestinationTerminalException = type("DestinationTerminalException", (Exception,), {})
    helpers.requests = types.SimpleNamespace(Client=lambda raise_for_status: posting)
    places = {"dlt": dlt, "dlt.destinations.exceptions": exceptions, "dlt.sources.helpers": helpers}
    parents = {name: types.ModuleType(name) for name in ("dlt.destinations", "dlt.sources")}
    for name, module in {**parents, **places}.items():
        monkeypatch.setitem(sys.modules, name, module)
    yield loaded("dlt_destination").reflection
    posting.close()


class Posting:
    """The one call of dlt's HTTP client that the recipe makes."""

    def __init__(self, client):
        self._client = client

    def post(self, url: str, *, data: str, headers: dict):
        return self._client.post(url, content=data, headers=headers)

    def close(self):
        self._client.close()


def insights(day: dt.date, ad: int, purchases: int = 2) -> dict:
    """A row of Meta's insights by ad and day, as dlt's source facebook_ads and Airbyte's ads_insights give it."""
    return {
        "account_currency": "EUR", "account_id": "act1", "actions": [
            {"action_type": "link_click", "value": "30"},
            {"action_type": "purchase", "value": str(purchases), "7d_click": "1"},
            {"action_type": "offsite_conversion.fb_pixel_purchase", "value": str(purchases)},
        ], "action_values": [{"action_type": "purchase", "value": "80.0"}],
        "ad_id": f"5550{ad}", "ad_name": f"Hook {ad}", "adset_id": "91", "adset_name": "Broad", "campaign_id": "1201",
        "campaign_name": "Fall Launch", "date_start": str(day), "date_stop": str(day), "impressions": "1000",
        "inline_link_clicks": "30", "spend": "10.5",
    }  # fmt: skip


def days(first: dt.date, count: int) -> list[dt.date]:
    return [first + dt.timedelta(number) for number in range(count)]


def last_import(server, key: str) -> dict:
    """The newest import of the key's workspace, when everything that waits is done; it is known by its id again."""
    while server.application.imports.work():
        pass
    with server.client(key) as client:
        return client.get("/v1/imports").json()["items"][0]


def take_all_back(server, key: str) -> None:
    with server.client(key) as client:
        for item in client.get("/v1/imports").json()["items"]:
            client.delete(f"/v1/imports/{item['import_id']}")


def finding_codes(body: dict) -> set[str]:
    return {note["code"] for note in body["findings"]}


def spend_stored(server) -> float:
    bodies = [json.loads(item.campaign_json) for item in server.application.store.campaigns("acme")]
    return sum(body["actual_metrics"]["spend"] for body in bodies)


def airbyte(rows: list[dict]) -> sqlite3.Connection:
    """Airbyte's table of these rows: lists as JSON, and the columns of the sync itself, new each time."""
    database = sqlite3.connect(":memory:")
    names = [*rows[0], "_airbyte_raw_id", "_airbyte_extracted_at"]
    database.execute(f"CREATE TABLE ads_insights ({', '.join(names)})")
    for number, row in enumerate(rows):
        cells = [json.dumps(cell) if isinstance(cell, list) else cell for cell in row.values()]
        cells += [f"raw-{id(rows)}-{number}", "2026-10-20T04:00:00Z"]
        database.execute(f"INSERT INTO ads_insights VALUES ({', '.join('?' * len(cells))})", cells)
    return database


@pytest.fixture(params=["dlt", "warehouse"])
def sent(request, guarded, keys) -> Callable[..., None]:
    """Send rows by a recipe."""
    if request.param == "dlt":
        function = request.getfixturevalue("destination")

        def by_recipe(rows, key=keys["owner"]):
            function(rows, {"name": "facebook_insights"}, url=guarded.url, key=key)
    else:

        def by_recipe(rows, key=keys["owner"]):
            with closing(airbyte(rows)) as database:
                found = warehouse.rows_of(database, warehouse.META, warehouse.since(TODAY))
            warehouse.send(found, guarded.url, key)

    yield by_recipe
    take_all_back(guarded, keys["owner"])


def test_rows_come_in_once_however_often_and_a_restated_day_replaces(sent, guarded, keys):
    rows = [insights(day, ad) for day in days(dt.date(2026, 9, 1), 40) for ad in (1, 2)]

    sent(rows)
    first = last_import(guarded, keys["owner"])
    sent(rows)
    second = last_import(guarded, keys["owner"])
    later = [insights(day, ad, 3 if day == dt.date(2026, 10, 1) else 2) for day in days(dt.date(2026, 9, 1), 41)
             for ad in (1, 2)]  # fmt: skip
    sent(later)
    third = last_import(guarded, keys["owner"])

    assert (first["dialect"], first["currency"], first["outcome"]["new"]) == ("meta_api", "EUR", 2)
    assert first["totals"]["conversions"] == 160
    assert second["import_id"] == first["import_id"]
    assert second["outcome"]["unchanged"] == 2
    assert "restated" in finding_codes(third)
    assert "days_left_out" not in finding_codes(third)
    assert third["outcome"]["replaced"] >= 1
    assert third["totals"]["conversions"] == 166
    assert spend_stored(guarded) == pytest.approx(41 * 2 * 10.5)


def test_days_that_come_in_parts_are_put_together_and_it_is_said(sent, guarded, keys):
    sent([insights(day, 1) for day in days(dt.date(2026, 10, 1), 18)])
    sent([insights(day, 1) for day in days(dt.date(2026, 10, 12), 8)])

    note = next(item for item in last_import(guarded, keys["owner"])["findings"] if item["code"] == "days_joined")

    assert note["message"].startswith("11 campaign-days that ")
    assert spend_stored(guarded) == pytest.approx(19 * 10.5)


def test_a_wrong_key_ends_the_run_with_the_answers_own_words(sent):
    with pytest.raises(Exception, match="the key is not known, or was revoked") as caught:
        sent([insights(dt.date(2026, 10, 1), 1)], key="wrong-key")

    assert type(caught.value).__name__ in ("DestinationTerminalException", "RuntimeError")


def test_whole_months_are_asked_for():
    for day in days(dt.date(2026, 1, 1), 365):
        first = warehouse.since(day)
        assert first.day == 1
        assert 28 <= (day - first).days < 28 + 31


def test_google_rows_of_airbyte_are_summed_by_the_pages_query(guarded, keys):
    page = (RECIPES.parent / "recipes.md").read_text(encoding="utf-8")
    query = page.partition("```sql\n")[2].partition("```")[0]
    with closing(sqlite3.connect(":memory:")) as database:
        names = ("segments_date", "segments_hour", "campaign_id", "campaign_name", "metrics_impressions",
                 "metrics_clicks", "metrics_conversions", "metrics_conversions_value", "metrics_cost_micros",
                 "_airbyte_extracted_at")  # fmt: skip
        database.execute(f"CREATE TABLE campaign ({', '.join(names)})")
        cells = [("2026-10-01", hour, 77, "Brand", 500, 20, 1.5, 60.0, 7_250_000, "now") for hour in (9, 10)]
        database.executemany(f"INSERT INTO campaign VALUES ({', '.join('?' * len(names))})", cells)
        rows = warehouse.rows_of(database, query, warehouse.since(TODAY))

    verdict = warehouse.send(rows, guarded.url, keys["owner"], currency="EUR")
    take_all_back(guarded, keys["owner"])

    assert (verdict["dialect"], verdict["rows"], verdict["currency"]) == ("google_api", 1, "EUR")
    assert verdict["totals"] == {
        "impressions": 1000, "clicks": 40, "conversions": 3.0, "spend": 14.5, "revenue": 120.0
    }  # fmt: skip


def test_a_busy_server_is_asked_again(monkeypatch, serve, keys):
    waits: list[float] = []
    monkeypatch.setattr(warehouse, "time", types.SimpleNamespace(sleep=waits.append))
    row = insights(TODAY, 1)
    row |= {name: json.dumps(row[name]) for name in ("actions", "action_values")}
    with serve(rate_limit="1/hour", api_keys=f"acme={keys['owner']}") as live:
        warehouse.send([row], live.url, keys["owner"], dry_run=True)
        with pytest.raises(RuntimeError, match="429"):
            warehouse.send([row], live.url, keys["owner"], dry_run=True)

    assert len(waits) == warehouse.ATTEMPTS - 1
    assert all(wait > 0 for wait in waits)
