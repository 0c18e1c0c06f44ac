"""What is asked of a program whose answers are recorded: the steps at the terminal, over HTTP, and in the library.

Each step is one command or one request, with usual and with wrong input. Read by `record_answers.py`, which gives the
doors. Must know nothing but what the documentation promises.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

INCOMING = "cmp_007_meta_summer_bootcamp"
FAULT = "cmp_h31_google_sales"
"""The campaign of the history whose tracking is planted to be faulty."""

PLANS: list[dict[str, Any]] = [
    {
        "plan_id": "spring", "platform": "Meta", "objective": "Lead Generation", "budget": 4000.0,
        "planner": "planner_a", "currency": "EUR",
        "expected": {"impressions": 95000, "clicks": 1900, "conversions": 76, "revenue": 7600.0},
        "audiences": [{"name": "Students 18-25", "attributes": {"age_range": "18-25", "segment": "students"}}],
        "creatives": [{"id": "crt_video", "type": "video", "headline": "Learn to code this summer"}],
        "targets": {"cpa": 30.0, "roas": 3.0},
    },
    {"platform": "TikTok", "objective": "Sales", "budget": 1500.0, "expected": {"cpa": 12.5}, "targets": {"ctr": 0.02}},
    {"platform": "Nowhere", "objective": "Sales", "budget": 0.01},
]  # fmt: skip
ROWS = [
    {"date": "2026-03-01", "campaign": "Autumn | Sale, é", "audience": "Students", "impressions": 10_000,
     "clicks": 200, "conversions": 10, "spend": 100.5, "currency": "EUR"},
    {"date": "2026-03-02", "campaign": "Autumn | Sale, é", "audience": "Students", "impressions": 9_000,
     "clicks": 190, "conversions": 9.5, "spend": 99.25, "currency": "EUR"},
]  # fmt: skip
FORECASTS = [
    {"issuer": "agency", "issued_at": "2026-03-01T00:00:00+00:00", "metric": metric, "point": point,
     "campaign_id": INCOMING, "quantiles": {"0.05": point / 2, "0.95": point * 2}}
    for metric, point in (("ctr", 0.03), ("cpa", 25.0), ("conversions", 150.0))
]  # fmt: skip
QUESTIONS = (
    "what works for students in summer?",
    "Which creative type has the best ROAS?",
    "Why did cmp_007_meta_summer_bootcamp beat its forecast?",
    "Will it rain tomorrow?",
    "What should we plan next on TikTok?",
)
CREATIVES = [{"creative_id": "crt_summer", "headline": "Is your summer free?", "score": 70}]
EVENT = {"day": "2026-03-01", "until": "2026-03-07", "kind": "promotion", "text": "20 % off everything"}
EXPERIMENT = {
    "experiment_id": "exp_creative", "kind": "ab", "name": "Video or image", "start": "2026-03-01", "end": "2026-03-14",
    "arms": [
        {"name": "image", "control": True, "creative": "crt_image", "impressions": 10_000, "clicks": 200},
        {"name": "video", "creative": "crt_video", "impressions": 10_000, "clicks": 260},
    ],
}  # fmt: skip
UNENDING = frozenset({"GET /v1/stream"})
"""Routes whose answer goes on until the client leaves: there is no end to record."""

METRICS = ("cpm", "ctr", "cvr", "aov", "cpa", "roas", "conversions_per_spend")
VARIANTS = {
    "goal": {"MARKO_GOAL_METRIC": "conversions_per_spend", "MARKO_CTR_WEIGHT": "10", "MARKO_HOLDBACK": "0"},
    "vectors": {"MARKO_VECTOR_BACKEND": "json"},
    "words": {"MARKO_EMBEDDING_MODEL": "none"},
}
"""Settings that change answers: name of the part -> environment."""

KEYS = ",".join(
    f"{scope}={key}"
    for scope, key in (
        ("acme", "owner-key-of-acme-0001"),
        ("acme:read", "reader-key-of-acme-001"),
        ("globex", "other-key-of-globex-01"),
        ("*", "any-key-of-everyone-01"),
    )
)


def terminal(run: Callable[..., str]) -> None:
    """An empty database, the history, the incoming campaign, and every command on them."""
    _empty(run)
    run("analyze", "inputs/campaign_history.json")
    run("relearn", "--json")
    shutil.copy("reflection.db", "history.db")
    run("analyze", "inputs/incoming_campaign.json")
    run("analyze", "inputs/incoming_campaign.json", "--json")
    _wrong_campaigns(run)
    run("relearn")
    _reads(run)
    _imports(run)
    _reads_of_learnings(run)
    _plans_and_reports(run)
    _operations(run)


def _empty(run: Callable[..., str]) -> None:
    for command in (
        ("--version",), (), ("nonsense",), ("effects",), ("effects", "--json"), ("learnings",), ("track-record",),
        ("imports",), ("search", "anything"), ("relearn",), ("verify",), ("doctor",), ("show", "nobody"), ("show",),
        ("rebuild",), ("report", "nobody"), ("export", "campaigns"), ("export", "effects"), ("workspace", "list"),
        ("keys", "list"), ("serve", "--host", "0.0.0.0"),
    ):  # fmt: skip
        run(*command)


def _wrong_campaigns(run: Callable[..., str]) -> None:
    campaign = json.loads(Path("inputs/incoming_campaign.json").read_text(encoding="utf-8"))
    wrong = [
        {}, {**campaign, "platform": ""}, {**campaign, "extra": 1}, {**campaign, "timestamp": "yesterday"},
        {**campaign, "actual_metrics": {**campaign["actual_metrics"], "clicks": -1}},
        {**campaign, "actual_metrics": {**campaign["actual_metrics"], "clicks": 10**9}},
        {**campaign, "campaign_id": "zero", "actual_metrics": dict.fromkeys(campaign["actual_metrics"], 0)},
        {**campaign, "campaign_id": "tiny", "actual_metrics": {**campaign["actual_metrics"], "spend": 1e-05}},
    ]  # fmt: skip
    for body in wrong:
        run("analyze", "-", stdin=json.dumps(body))
        run("analyze", "-", "--json", stdin=json.dumps(body))
    run("analyze", "-", "--workspace", "acme", stdin="\n".join(map(json.dumps, [campaign, *wrong])))
    run("analyze", "-", stdin="{")
    run("analyze", "missing.json")
    run("analyze", "-", "--from-line", "3", stdin="\n".join(map(json.dumps, wrong)))
    run("show", "nobody", MARKO_PORT="none")
    run("show", "nobody", MARKO_API_KEYS="Wrong Workspace=key-of-a-workspace")


def _reads(run: Callable[..., str]) -> None:
    for command in (
        ("show", INCOMING), ("show", FAULT), ("show", "cmp_h00_google_app"), ("effects",), ("effects", "--findings"),
        ("effects", "--platform", "TikTok"), ("effects", "--group", "audience.age"),
        ("effects", "--metric", "nonsense"), ("effects", "--limit", "5"), ("track-record",),
        ("track-record", "--by-platform"), ("accept", FAULT), ("accept", FAULT), ("accept", "nobody"), ("relearn",),
        ("show", FAULT), ("effects", "--limit", "0"), ("effects", "--limit", "1000"),
    ):  # fmt: skip
        run(*command)
        if "--limit" not in command or "1000" in command:
            run(*command, "--json")
    for metric in METRICS:
        run("effects", "--metric", metric)
    for question in QUESTIONS:
        run("search", question)
        run("search", question, "--json", "--limit", "3")
    run("search", INCOMING, "--kind", "campaign", "--platform", "Meta")
    run("search", "video", "--kind", "learning", "--json")
    run("search", "video", "--kind", "nonsense")


def _imports(run: Callable[..., str]) -> None:
    exports = sorted(path for path in Path("inputs").glob("*.csv") if "ads_manager" not in path.name)
    for path in exports:
        run("import", str(path), "--dry-run", "--json")
    for options in (
        (), ("--json",), ("--conversions", "Purchases"), ("--currency", "EUR", "--timezone", "Europe/Berlin"),
        ("--locale", "de_DE", "--date-order", "dmy"), ("--expected", "trailing-28d", "--objective", "Sales"),
        ("--campaign-names", "{year}_{platform}_{audience}_{type}"), ("--currency", "euro"),
        ("--conversion-window", "7"),
    ):  # fmt: skip
        run("import", "inputs/google_en_day.csv", "--dry-run", *options)
    listed = run("import", "inputs/ads_manager_monthly_cad.csv", "--group-by", "month", "--json")
    run("import", "inputs/ads_manager_monthly_cad.csv", "--group-by", "month")
    run("import", "inputs/meta_en_campaign_day_totals_first.csv", "inputs/tiktok_en_day_total_row.csv")
    run("import", "missing.csv")
    run("import", "inputs/campaign_history.json")
    run("imports")
    run("imports", "--json")
    run("imports", "--undo", re.findall(r"imp_[0-9a-f]{24}", listed)[0])
    run("imports", "--undo", "imp_000000000000000000000000")
    run("imports", "--json", "--limit", "1")
    run("relearn", "--json")
    run("effects", "--json")


def _reads_of_learnings(run: Callable[..., str]) -> None:
    listed = run("learnings", "--json", "--limit", "500")
    for learning in re.findall(r"lrn_[0-9a-f]{16}", listed)[:3]:
        run("learnings", learning)
        run("learnings", learning, "--json", "--as-of", "2026-04-21T12:00:00Z")
    for options in (
        (), ("--state", "established"), ("--state", "contested"), ("--state", "nonsense"),
        ("--signal", "audience.age"), ("--metric", "ctr"), ("--as-of", "2026-03-01"), ("--as-of", "2026-12-31"),
        ("--as-of", "never"), ("--limit", "3"), ("lrn_0000000000000000",),
    ):  # fmt: skip
        run("learnings", *options)


def _plans_and_reports(run: Callable[..., str]) -> None:
    Path("plans.json").write_text(json.dumps({"plans": PLANS}), encoding="utf-8")
    Path("wrong.json").write_text('{"plans": [{"platform": "Meta"}]}', encoding="utf-8")
    run("plan", "plans.json")
    run("plan", "plans.json", "--json")
    run("plan", "wrong.json")
    run("plan", "missing.json")
    run("backtest", "inputs/campaign_history.json")
    run("backtest", "inputs/campaign_history.json", "--json", "--folder", "second")
    run("backtest", "inputs/ads_manager_monthly_cad.csv", "--folder", "third")
    for name in ("backtest-output/report.html", "backtest-output/report.json", "third/report.json"):
        Path("output").mkdir(exist_ok=True)
        shutil.copy(name, f"output/{name.replace('/', '_')}.json")
    for kind in ("html", "md", "json"):
        run("report", INCOMING, "--format", kind)
        run("report", FAULT, "--format", kind)
        run("report", "--portfolio", "--start", "2025-01-01", "--end", "2026-06-30", "--format", kind)
    run("report", INCOMING, "--format", "pdf", "-o", "report.pdf")
    run("report", INCOMING, "-o", "report.html")
    run("report", "--portfolio", "--start", "2026-06-30", "--end", "2026-01-01")
    run("report", "--portfolio")
    run("report", "nobody")
    for what in ("campaigns", "findings", "effects", "nonsense"):
        run("export", what)
    run("export", "campaigns", "-o", "campaigns.jsonl")
    run("analyze", "campaigns.jsonl", "--workspace", "copied")


def _operations(run: Callable[..., str]) -> None:
    made = run("keys", "create", "--name", "dashboard", "--scope", "read", "--workspace", "acme", "--json")
    run("keys", "create")
    run("keys", "create", "--workspace", "Not A Name")
    run("keys", "list")
    run("keys", "list", "--json")
    run("keys", "revoke", json.loads(made)["id"] if "id" in json.loads(made) else next(iter(json.loads(made).values())))
    run("keys", "revoke", "000000000000")
    run("keys", "list", "--json")
    for command in (
        ("workspace", "create", "globex"), ("workspace", "create", "globex"), ("workspace", "create", "Not A Name"),
        ("workspace", "list"), ("workspace", "list", "--json"), ("workspace", "purge", "copied"),
        ("workspace", "purge", "copied", "--yes"), ("workspace", "purge", "copied", "--yes"), ("workspace", "list"),
        ("rebuild", "--json"), ("rebuild",), ("reindex", "--json"), ("reindex",), ("backup", "kept/backup.db"),
        ("restore", "kept/backup.db", "restored.db"), ("restore", "kept/backup.db", "restored.db"),
        ("restore", "missing.db", "other.db"), ("verify",), ("verify", "--json"), ("doctor",), ("doctor", "--json"),
        ("doctor", "--verify"), ("serve", "--port", "99999"),
    ):  # fmt: skip
        run(*command)
    run("verify", MARKO_DATABASE_PATH="restored.db")
    commands = re.findall(r"^│ ([a-z-]+) ", run("--help").partition("Commands")[2], re.M)
    for name in commands:
        run(name, "--help")
    for group, verbs in (("keys", ("create", "list", "revoke")), ("workspace", ("create", "list", "purge"))):
        for verb in verbs:
            run(group, verb, "--help")


def variant(run: Callable[..., str], environment: dict[str, str]) -> None:
    """The history under other settings."""
    for command in (
        ("relearn", "--json"), ("reindex",), ("analyze", "inputs/incoming_campaign.json", "--json"), ("relearn",),
        ("effects", "--json"), ("learnings", "--json"), ("search", QUESTIONS[0], "--json"), ("plan", "missing.json"),
        ("rebuild",), ("doctor", "--json"), ("verify",), ("report", INCOMING, "--format", "json"),
    ):  # fmt: skip
        run(*command, **environment)


def demo(run: Callable[..., str]) -> None:
    """The demo, twice in its folder, and where there is nothing to show."""
    export = "inputs/ads_manager_monthly_cad.csv"
    for command in (
        (),
        (export,),
        (export,),
        ("inputs/google_en_day.csv", "--folder", "other"),
        (export, "--folder", "inputs"),
    ):
        run("demo", *command)


def http(ask: Callable[..., Any]) -> None:
    """Every route on the history, before and after the incoming campaign."""
    _reads_over_http(ask)
    _writes(ask)
    _advice_over_http(ask)
    _imports_over_http(ask)
    _written_by_people(ask)
    _wrong_requests(ask)
    _reads_over_http(ask)
    ask("DELETE", "/v1/campaigns/cmp_h05_meta_app")
    ask("DELETE", f"/v1/campaigns/{INCOMING}")
    ask("DELETE", f"/v1/campaigns/{INCOMING}")
    _reads_over_http(ask)


def _reads_over_http(ask: Callable[..., Any]) -> None:
    for url in (
        "/health", "/ready", "/metrics", "/insights", "/insights?limit=500&past=true", "/patterns",
        "/patterns?limit=500&past=true", "/recommendations",
        "/recommendations?platform=Meta&objective=Lead%20Generation", "/recommendations?platform=Nowhere",
        "/v1/recommendations", "/v1/recommendations?platform=Meta&seed=3", "/v1/recommendations?format=envelope",
        f"/v1/recommendations?campaign_id={INCOMING}&seed=7", "/v1/track-record", "/v1/effects",
        "/v1/effects?limit=1000", "/v1/effects?findings_only=true&metric=ctr", "/v1/effects?group=audience.age",
        "/v1/effects?platform=TikTok", "/v1/learnings?limit=500", "/v1/learnings?state=established&metric=ctr",
        "/v1/learnings?as_of=2026-03-01T00:00:00Z", "/v1/learnings?limit=2", f"/v1/campaigns/{INCOMING}",
        f"/v1/campaigns/{FAULT}", "/v1/imports", "/v1/memory/search?q=video&kind=campaign",
        "/v1/memory/search?q=video&kind=learning&limit=5", f"/v1/memory/search?q={INCOMING}",
        "/v1/memory/search?q=students&platform=Meta&from=2026-01-01T00:00:00Z", "/v1/campaigns?limit=5",
        "/v1/campaigns?q=meta", "/v1/insights?limit=5", "/v1/patterns?limit=5", "/v1/attention", "/v1/months",
        "/v1/days", "/v1/pacing", "/v1/creative-effects", "/v1/creatives", "/v1/events", "/v1/experiments",
        "/v1/shares", "/v1/workspaces", "/v1/samples", "/v1/alerts", "/v1/keys", "/v1/tables/effects",
        "/v1/tables/nothing",
    ):  # fmt: skip
        ask("GET", url)
    for metric in METRICS:
        ask("GET", f"/v1/effects?metric={metric}&limit=20")
    page = ask("GET", "/v1/effects?limit=10").json()
    for signal in {item["signal"]: 0 for item in page["items"]}:
        ask("GET", f"/v1/effects/{signal}/evidence")
        ask("GET", f"/v1/effects/{signal}/evidence?metric=ctr")
    ask("GET", f"/v1/effects?limit=10&cursor={page['next_cursor']}")
    for question in QUESTIONS:
        ask("POST", "/agent-chat", {"message": question})
    for kind in ("html", "md", "json", "pdf"):
        ask("GET", f"/v1/campaigns/{FAULT}/report?format={kind}")
        ask("GET", f"/v1/portfolio/report?start=2025-01-01&end=2026-06-30&format={kind}")


def _writes(ask: Callable[..., Any]) -> None:
    ask("POST", "/v1/forecasts", {"forecasts": FORECASTS})
    ask("POST", "/v1/forecasts", {"forecasts": FORECASTS})
    ask("POST", "/v1/plans/evaluate", {"plans": PLANS})
    campaign = Path("inputs/incoming_campaign.json").read_text(encoding="utf-8")
    headers = {"Content-Type": "application/json", "Idempotency-Key": "once"}
    for _ in range(2):
        ask("POST", "/analyze-campaign", campaign, headers=headers)
    ask("POST", "/analyze-campaign", campaign, headers={"Content-Type": "application/json", "X-Workspace": "acme"})
    ask("POST", "/analyze-campaign", {**json.loads(campaign), "platform": "meta"}, headers=headers)
    ask("POST", "/agent-chat", {"message": "Why?", "campaign_id": INCOMING}, headers={"Accept": "text/event-stream"})
    ask("POST", f"/v1/campaigns/{FAULT}/accept")
    ask("GET", f"/v1/campaigns/{INCOMING}/report?format=html")
    ask("GET", "/insights", headers={"X-Workspace": "acme"})


def _advice_over_http(ask: Callable[..., Any]) -> None:
    cards = ask("GET", "/v1/recommendations?platform=Meta&seed=3").json()["cards"]
    shown = [card["id"] for card in cards]
    ask("POST", f"/v1/recommendations/{shown[0]}/shown", {"campaign_id": "cmp_next"})
    ask("POST", "/shown", {"recommendation_id": shown[-1], "campaign_id": "cmp_other"})
    ask("POST", f"/v1/recommendations/{shown[0]}/feedback", {"accepted": True, "note": "we do it"})
    ask("POST", "/feedback", {"recommendation_id": shown[-1], "accepted": False, "note": "no budget"})
    campaign = json.loads(Path("inputs/incoming_campaign.json").read_text(encoding="utf-8"))
    followed = {
        **campaign,
        "campaign_id": "cmp_next",
        "timestamp": "2026-04-25T00:00:00+00:00",
        "recommendation_ids": shown[:1],
    }
    ask("POST", "/analyze-campaign", followed)
    for name in (*shown, "rec_nothing"):
        ask("GET", f"/v1/recommendations/{name}")
    learning = ask("GET", "/v1/learnings?limit=1").json()["items"][0]["id"]
    for verdict in ("approve", "reject", "note", "maybe"):
        ask("POST", f"/v1/learnings/{learning}/review", {"verdict": verdict, "note": "seen", "author": "ada"})
    recall = ask("GET", "/v1/memory/search?q=video&kind=learning").json()["recall_id"]
    for _ in range(2):
        ask("POST", f"/v1/learnings/recalls/{recall}/outcome", {"campaign_id": "cmp_next", "outcome": "it worked"})
    ask("POST", "/v1/learnings/recalls/rcl_00000000000000000000/outcome", {"campaign_id": "x", "outcome": "y"})
    ask("GET", f"/v1/learnings/{learning}")
    ask("GET", f"/v1/learnings/{learning}?as_of=2026-04-21T00:00:00Z")


def _imports_over_http(ask: Callable[..., Any]) -> None:
    export = ("ads.csv", Path("inputs/ads_manager_monthly_cad.csv").read_bytes())
    ask("POST", "/v1/imports", files={"files": export}, data={"group_by": "month", "dry_run": "true"})
    single = ("day.csv", Path("inputs/google_en_day.csv").read_bytes())  # several could be learnt in two fits or in one
    begun = ask("POST", "/v1/imports", files={"files": single}, data={"objective": "Sales"})
    accepted = ask("POST", "/v1/observations", {"rows": ROWS, "objective": "Sales"}).json()
    ask("POST", "/v1/observations", {"rows": ROWS, "objective": "Sales"})
    ask("POST", "/v1/observations", {"rows": [{"nothing": 1}]})
    ask("POST", "/v1/imports", files={"files": ("notes.txt", b"nothing to see")})
    ask("POST", "/v1/imports", {"rows": []})
    for name in (begun.json().get("import_id", "none"), accepted["import_id"], "imp_000000000000000000000000"):
        ask("GET", f"/v1/imports/{name}")
        ask("GET", f"/v1/imports/{name}/events")
    ask("GET", "/v1/imports?limit=1")
    ask("DELETE", f"/v1/imports/{accepted['import_id']}")
    ask("DELETE", f"/v1/imports/{accepted['import_id']}")


def _written_by_people(ask: Callable[..., Any]) -> None:
    """What people write down beside campaigns: made, asked for and taken back, as it should be and not."""
    for url, body, key in (
        ("/v1/creatives", {"creatives": CREATIVES}, "creative_id"), ("/v1/events", EVENT, "event_id"),
        ("/v1/experiments", EXPERIMENT, "experiment_id"), ("/v1/shares", {"campaign_id": FAULT}, "share_id"),
    ):  # fmt: skip
        made = ask("POST", url, body).json()
        ask("POST", url, body)
        name = made.get("items", [made])[0].get(key, "nothing")
        ask("GET", f"{url}/{name}")
        ask("GET", made.get("path", url))
        ask("DELETE", f"{url}/{name}")
        ask("DELETE", f"{url}/{name}")
        ask("POST", url, {})
    ask("POST", "/v1/experiments/next")
    ask("POST", "/v1/plans/allocate", {"plans": PLANS[:2], "budget": 6000.0})
    ask("POST", "/v1/plans/allocate", {"plans": [{**plan, "currency": "USD"} for plan in PLANS[:2]], "budget": 6000.0})
    ask("DELETE", f"/v1/campaigns/{FAULT}/accept")
    for method in ("POST", "GET", "DELETE", "DELETE"):
        ask(method, "/v1/samples")
    ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers={"Accept": "application/json"})
    ask("POST", "/v1/alerts", {"address": "http://127.0.0.1/hook"})
    ask("POST", "/v1/keys", {"scope": "nonsense"})  # a key that was made would shut every later step out
    for method, url in (
        ("POST", "test"), ("GET", "deliveries"), ("POST", "deliveries/retry"), ("DELETE", ""),
    ):  # fmt: skip
        ask(method, f"/v1/alerts/alr_000000000000/{url}".rstrip("/"))
    ask("DELETE", "/v1/keys/000000000000")


def _wrong_requests(ask: Callable[..., Any]) -> None:
    campaign = json.loads(Path("inputs/incoming_campaign.json").read_text(encoding="utf-8"))
    for body in ({}, {**campaign, "extra": 1}, {**campaign, "platform": ""}, [campaign], "{", "\ufeff{}", "NaN"):
        ask("POST", "/analyze-campaign", body)
    for url in (
        "/nothing", "/insights?limit=0", "/insights?limit=many", "/v1/effects?metric=nonsense",
        "/v1/effects?cursor=nonsense", "/v1/effects/nothing/evidence", "/v1/learnings?state=nonsense",
        "/v1/learnings/lrn_0000000000000000", "/v1/learnings/x", "/v1/memory/search",
        "/v1/memory/search?q=x&from=yesterday", "/v1/campaigns/nobody", "/v1/campaigns/nobody/report",
        "/v1/portfolio/report", "/v1/portfolio/report?start=2026-06-30&end=2026-01-01",
        "/v1/recommendations?seed=-1", f"/v1/campaigns/{INCOMING}/report?format=doc", "/problems/nothing",
        "/analyze-campaign", "/recommendations?platform=",
    ):  # fmt: skip
        ask("GET", url)
    ask("GET", "/insights", headers={"X-Workspace": "Not A Name"})
    ask("POST", "/analyze-campaign", "x" * 2_000_000)
    ask("POST", "/v1/plans/evaluate", {"plans": []})
    ask("POST", "/v1/plans/evaluate", {"plans": [{**PLANS[0], "budget": -1}]})
    ask("POST", "/v1/forecasts", {"forecasts": [{**FORECASTS[0], "point": None, "quantiles": {}}]})
    ask("POST", "/agent-chat", {"message": " "})
    ask("POST", "/v1/campaigns/nobody/accept")
    ask("POST", "/v1/recommendations/rec_nothing/feedback", {"accepted": True})
    ask("OPTIONS", "/insights")
    ask("PUT", "/v1/campaigns/nobody")
    page = ask("GET", "/docs").text
    for asset in re.findall(r"(?:src|href)=\"(/docs/[^\"]+)\"", page):
        ask("GET", asset)
    ask("GET", "/docs/nothing.js")
    for code in ("invalid-input", "not-found", "conflict", "rate-limited", "unavailable", "internal-error"):
        ask("GET", f"/problems/{code}")


def keys(ask: Any) -> None:
    """What each kind of key may do on each route, and requests past a limit."""
    keys = dict(part.split("=") for part in KEYS.split(","))
    ask.waiting["Authorization"] = f"Bearer {keys['*']}"
    ask.settle()
    described = ask("GET", "/openapi.json", headers={"X-API-Key": keys["*"]}).json()
    for template, methods in sorted(described["paths"].items()):
        url = re.sub(r"\{\w+\}", "nothing", template)
        for method in sorted(method for method in methods if f"{method.upper()} {template}" not in UNENDING):
            for scope, key in (("", ""), ("", "wrong-key-of-nobody-1"), *keys.items()):
                headers = {"Authorization": f"Bearer {key}"} if key else {}
                ask(method.upper(), url, headers=headers | {"X-Workspace": "globex"} if scope == "*" else headers)


def library(keep: Callable[[str, Any], None]) -> None:
    """The library on the history and the incoming campaign."""
    from reflection import Engine

    with Engine("reflection.db", output="output", vector_backend="local") as engine:
        keep("effects", engine.effects(limit=1000))
        keep("insights", engine.insights(limit=100))
        keep("patterns", engine.patterns(limit=100))
        keep("analyze", engine.analyze(Path("inputs/incoming_campaign.json").read_text(encoding="utf-8")))
        keep("recommendations", engine.recommendations(platform="Meta"))
        keep("effects of ctr", engine.effects(metric="ctr"))
        keep("evidence", engine.evidence(engine.effects(limit=1)["items"][0]["signal"]))
        keep("show", engine.show(INCOMING))
        keep("delete", [engine.delete(INCOMING), engine.delete(INCOMING)])
        keep("insights after", engine.insights())
