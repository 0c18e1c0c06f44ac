"""Imports over real HTTP: files and rows in, followed by events, taken back; wrong ones answer a clear problem."""

import gzip
import json
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

REAL = Path(__file__).parents[2] / "data" / "samples" / "meta_export" / "ads_manager_monthly_cad.csv"
EXPORTS = Path(__file__).parents[1] / "ingest" / "files" / "exports"
ROWS = [
    {"date": "2026-09-01", "campaign": "Autumn | Sale, é", "audience": "Students", "impressions": 10_000,
     "clicks": 200, "conversions": 10, "spend": 100.5, "currency": "EUR"},
    {"date": "2026-09-02", "campaign": "Autumn | Sale, é", "audience": "Students", "impressions": 9_000,
     "clicks": 190, "conversions": 9.5, "spend": 99.25, "currency": "EUR"},
]  # fmt: skip


@contextmanager
def importing(server):
    """A server that goes on with imports, and does nothing else besides answering."""
    with server as live:
        for name, thread in live.app.state.background.chores.threads.items():
            if name != "imports":
                thread.stop()
        yield live


@pytest.fixture(scope="module")
def live(tmp_path_factory, module_serve):
    with importing(module_serve(tmp_path_factory.mktemp("imports"), background="threads")) as server:
        yield server


def upload(client, path, **fields):
    return client.post("/v1/imports", files={"files": (path.name, path.read_bytes())}, data=fields)


def finished(client, answer):
    assert answer.status_code == 202, answer.text
    url, deadline = answer.headers["location"], time.monotonic() + 60
    while (body := client.get(url).json())["state"] == "running":
        assert time.monotonic() < deadline, body
        time.sleep(0.05)
    return body


def take_back(client, body):
    return client.delete(f"/v1/imports/{body['import_id']}").json()


def test_the_real_export_is_imported_followed_and_taken_back(client):
    accepted = upload(client, REAL, group_by="month")
    body = finished(client, accepted)
    with client.stream("GET", f"/v1/imports/{body['import_id']}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = b"".join(stream.iter_raw()).decode()

    assert accepted.json()["platform"] == "Meta"
    assert body["totals"]["spend"] == 230_701.49
    assert body["progress"] == {"done": 4, "total": 4}
    assert body["outcome"]["new"] == 4
    assert {note["severity"] for note in body["findings"]} <= {"info", "warning", "error"}
    assert all(client.get(f"/v1/campaigns/{name}").status_code == 200 for name in body["campaigns"])
    event, data = told.strip().split("\n\n")[-1].split("\n")
    assert event == "event: done"
    assert json.loads(data.removeprefix("data: ")) == body
    first, second = take_back(client, body), take_back(client, body)
    assert first == second
    assert (first["state"], first["outcome"]["retracted"]) == ("undone", 4)
    assert all(client.get(f"/v1/campaigns/{name}").status_code == 404 for name in body["campaigns"])
    assert body["import_id"] in {item["import_id"] for item in client.get("/v1/imports").json()["items"]}


def test_the_same_file_twice_is_one_import_and_changes_nothing(client):
    first = finished(client, upload(client, EXPORTS / "google_en_day.csv"))
    second = finished(client, upload(client, EXPORTS / "google_en_day.csv"))

    assert first["import_id"] == second["import_id"]
    assert second["outcome"]["unchanged"] == len(first["campaigns"])
    take_back(client, first)


def test_a_plan_a_mapping_and_a_packed_file_come_with_the_form(client):
    plan = b"campaign,impressions,clicks,conversions,spend,planner\nProjekt A,1000,50,5,20,Ana\n"
    table = gzip.compress(b"Tag;Projekt;Kosten netto;Anzeigen;Klicks;Leads\n01.09.2026;Projekt A;1.234,50;9000;80;4\n")
    mapping = {
        "platform": "Meta",
        "columns": {"date": "Tag", "campaign": "Projekt", "spend": "Kosten netto", "impressions": "Anzeigen",
                    "clicks": "Klicks", "conversions": "Leads"},
        "date_order": "dmy", "locale": "de_DE", "currency": "EUR",
    }  # fmt: skip
    answer = client.post(
        "/v1/imports",
        files=[("files", ("export.csv.gz", table)), ("plan", ("../../plan.csv", plan))],
        data={"mapping": json.dumps(mapping), "currency": "", "as_of": "2026-10-01"},
    )

    body = finished(client, answer)
    assert (body["totals"]["spend"], body["currency"]) == (1_234.5, "EUR")
    assert "Ana (1)" in " ".join(note["message"] for note in body["findings"])
    take_back(client, body)


def test_a_plan_has_a_mapping_of_its_own_and_names_a_convention(client):
    plan = b"Projekt;Anz;Kl;Conv;Geld\n2026_Meta_Students_Video;10000;200;20;100\n"
    plan_mapping = {"columns": {"campaign": "Projekt", "impressions": "Anz", "clicks": "Kl", "conversions": "Conv",
                                "spend": "Geld"}}  # fmt: skip
    export = (
        b"Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Purchases\n"
        b"2026-08-01,2026_Meta_Students_Video,100.00,10000,200,5\n"
    )
    answer = client.post(
        "/v1/imports",
        files=[("files", ("ads.csv", export)), ("plan", ("plan.csv", plan))],
        data={"plan_mapping": json.dumps(plan_mapping), "conversions": "Purchases",
              "campaign_names": "{year}_{platform}_{audience}_{type}"},
    )  # fmt: skip

    body = finished(client, answer)
    shown = client.get(f"/v1/campaigns/{body['campaigns'][0]}").text
    assert "plan (1)" in " ".join(note["message"] for note in body["findings"])
    assert "audience:students" in shown
    take_back(client, body)


def test_a_registered_forecast_is_what_was_expected(client):
    forecasts = [
        {"issuer": "forecast-agent", "issued_at": "2026-08-30T09:00:00+00:00", "metric": metric, "point": point,
         "campaign_id": "google_11111111111", "currency": "CAD"}
        for metric, point in (("conversions", 8.0), ("spend", 1_000.0), ("ctr", 0.01), ("clicks", 100.0))
    ]  # fmt: skip
    assert client.post("/v1/forecasts", json={"forecasts": forecasts}).status_code in (200, 201)

    body = finished(client, upload(client, EXPORTS / "google_en_day.csv"))
    rates = client.get("/v1/campaigns/google_11111111111").json()["comparison_report"]["expected_rates"]

    assert "forecast-agent (1)" in " ".join(note["message"] for note in body["findings"])
    assert (rates["cpa"], rates["ctr"]) == (125.0, 0.01)
    take_back(client, body)


def test_a_dry_run_says_everything_and_stores_nothing(client):
    answer = upload(client, EXPORTS / "tiktok_en_day_total_row.csv", dry_run="true")

    assert (answer.status_code, answer.json()["state"]) == (200, "dry-run")
    assert answer.json()["campaigns"]
    columns, headers = answer.json()["columns"], answer.json()["headers"]
    assert {"date", "campaign", "spend"} <= set(columns)
    assert set(columns.values()) <= set(headers)
    again = upload(
        client,
        EXPORTS / "tiktok_en_day_total_row.csv",
        dry_run="true",
        mapping=json.dumps({"platform": "TikTok", "columns": columns}),
    )
    assert again.json()["totals"] == answer.json()["totals"], "the mapping that was told reads the file as it was read"
    assert all(client.get(f"/v1/campaigns/{name}").status_code == 404 for name in answer.json()["campaigns"])


def test_rows_are_imported_like_a_file(client):
    body = finished(client, client.post("/v1/observations", json={"platform": "Meta", "rows": ROWS}))

    assert body["totals"] == {
        "impressions": 19_000, "clicks": 390, "conversions": 19.5, "spend": 199.75, "revenue": None
    }  # fmt: skip
    assert (body["currency"], body["period"], body["platform"]) == ("EUR", ["2026-09-01", "2026-09-02"], "Meta")
    assert body["outcome"]["new"] == 1
    assert take_back(client, body)["outcome"]["retracted"] == 1


def test_rows_with_an_exports_own_headers_are_recognised(client):
    row = {"Day": "2026-09-01", "Campaign name": "Autumn", "Ad set name": "S", "Amount spent (EUR)": 10.5,
           "Impressions": 900, "Link clicks": 8, "Results": 2,
           "Result indicator": "actions:offsite_conversion.fb_pixel_purchase"}  # fmt: skip

    answer = client.post("/v1/observations", json={"rows": [row], "dry_run": True}).json()

    assert (answer["dialect"], answer["currency"], answer["totals"]["conversions"]) == ("meta", "EUR", 2.0)


@pytest.mark.parametrize(
    ("files", "data", "status", "says"),
    [
        ({"files": ("notes.csv", b"dear diary\n")}, {}, 422, "notes.csv"),
        ({"files": ("empty.csv", b"")}, {}, 422, "empty.csv"),
        ({"files": ("report.xlsx", b"PK\x03\x04 not really")}, {}, 422, "report.xlsx"),
        ({"files": ("../../etc/passwd", b"root:x:0:0\n")}, {}, 422, "passwd"),
        ({"other": ("notes.csv", b"")}, {"group_by": "week"}, 422, "group_by"),
        ({"files": ("a.csv", b"x")}, {"expected": "/etc/passwd"}, 422, "expected"),
        ({"files": ("a.csv", b"x")}, {"platfrom": "meta"}, 422, "platfrom"),
        ({"files": ("a.csv", b"x")}, {"currency": "Euro"}, 422, "currency"),
        ({"files": ("a.csv", b"x")}, {"mapping": "{"}, 422, "mapping"),
        ({"files": ("a.csv", b"x")}, {"mapping": "{}"}, 422, "columns"),
        ({"files": ("a.csv", b"x")}, {"timezone": "Mars/Base"}, 422, "Mars/Base"),
    ],
)
def test_what_cannot_be_imported_answers_a_problem_that_says_why(client, files, data, status, says):
    answer = client.post("/v1/imports", files=files, data=data)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.text
    assert "/tmp" not in answer.text


def test_forms_without_files_or_that_are_no_forms_are_refused(client):
    plain = client.post("/v1/imports", json={"files": []})
    empty = client.post("/v1/imports", data={"platform": "meta"}, files={"plan": ("p.csv", b"x")})
    broken = client.post("/v1/imports", content=b"--x", headers={"content-type": "multipart/form-data; boundary=y"})
    bare = client.post("/v1/imports", content=b"--x", headers={"content-type": "multipart/form-data"})
    twice = client.post("/v1/imports", files={"files": ("a", b"x")}, data={"platform": ["meta", "google"]})

    assert [item.status_code for item in (plain, empty, broken, bare, twice)] == [415, 422, 400, 400, 422]
    assert broken.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"rows": []}, "rows"),
        ({}, "rows"),
        ({"rows": [{"clicks": [1]}]}, "rows[0]"),
        ({"rows": ROWS, "unknown": 1}, "unknown"),
        ({"rows": [{f"c{number}": 1 for number in range(300)}]}, "300"),
        ({"rows": [{"date": "2026-09-01", "campaign": "A", "clicks": 1}]}, ""),
        ({"rows": [{**ROWS[0], "date": "03/04/2026"}]}, "may be day or month first"),
    ],
)
def test_rows_that_cannot_be_imported_answer_a_problem(client, body, says):
    answer = client.post("/v1/observations", json=body)

    assert answer.status_code == 422, answer.text
    assert says in answer.text


def test_an_unknown_import_is_not_found(client):
    for method, path in (("GET", ""), ("GET", "/events"), ("DELETE", "")):
        assert client.request(method, f"/v1/imports/imp_none{path}").status_code == 404


def test_workspaces_do_not_see_each_others_imports(serve, keys):
    api_keys = f"acme={keys['owner']},globex={keys['other']}"
    with (
        importing(serve(background="threads", api_keys=api_keys)) as live,
        live.client(keys["owner"]) as owner,
        live.client(keys["other"]) as other,
    ):
        body = finished(owner, upload(owner, EXPORTS / "tiktok_en_day_total_row.csv"))

        assert other.get(f"/v1/imports/{body['import_id']}").status_code == 404
        assert other.delete(f"/v1/imports/{body['import_id']}").status_code == 404
        assert other.get("/v1/imports").json()["items"] == []
        assert owner.get(f"/v1/imports/{body['import_id']}").json()["state"] == "done"


def test_an_import_left_by_a_killed_server_is_finished_by_the_next(serve):
    with serve() as live, live.client() as client:  # nobody works on what is waiting: what a kill leaves
        answer = upload(client, EXPORTS / "tiktok_en_day_total_row.csv")
        assert answer.json()["state"] == "running"
        assert client.get(answer.headers["location"]).json()["progress"]["done"] == 0
    with importing(serve(background="threads")) as live, live.client() as client:
        body = finished(client, answer)

    assert body["outcome"]["new"] == len(body["campaigns"]) > 0


def test_an_upload_may_be_larger_than_other_bodies(serve):
    rows = [
        {**ROWS[0], "campaign": f"Campaign {number}", "date": f"2026-09-{number % 28 + 1:02d}"} for number in range(40)
    ]
    with serve(max_body_bytes=2_000) as live, live.client() as client:
        answer = client.post("/v1/observations", json={"platform": "Meta", "rows": rows, "dry_run": True})

    assert answer.status_code == 200
    assert len(answer.json()["campaigns"]) == 40


def test_a_finding_and_a_refusal_name_fields_not_options(client, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("Day,Campaign name,Amount spent,Impressions,Link clicks,Purchases\n2026-09-01,A,12.50,100,9,1\n")
    told = upload(client, path, dry_run="true", platform="meta").json()
    path.write_text(path.read_text().replace("12.50", "1.250"))
    refused = upload(client, path, dry_run="true", platform="meta").json()

    assert "`currency=EUR`" in str(told["findings"])
    assert "`locale=de`" in refused["hint"]
    assert "--" not in str(told["findings"]) + refused["hint"]
