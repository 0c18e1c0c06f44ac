"""From events to messages that arrive: together, once by their ids, tried again, given up, none in another's way."""

import json
import time
from datetime import timedelta

import pytest

from reflection.alerts.alert import AlertRequest, ReportPlan
from reflection.delivery.sender import BACKOFF, AlertSender, Pace, Report
from reflection.errors import Conflict, InvalidInput, NotFound, ReportsMissing
from reflection.store.alerts import MOST_ALERTS


def made(desk, receiver, path="/", workspace="default", **fields):
    return desk.add(workspace, AlertRequest(address=receiver.url + path, **fields))


def states(desk, alert):
    return [row["state"] for row in desk.deliveries(alert.workspace, alert.alert_id, 50)]


def test_events_of_a_kind_are_one_message_and_said_again_they_are_none(desk, receiver, say):
    alert = made(desk, receiver)
    say(alert, "a", "b")
    say(alert, "c", kind="import.failed")
    desk.sender.work()
    say(alert, "a", "b")
    desk.sender.work()

    assert sorted(body["type"] for body in receiver.bodies()) == ["campaign.held", "import.failed"]
    (held,) = (body["data"] for body in receiver.bodies() if body["type"] == "campaign.held")
    assert held["text"] == "2 campaigns look like tracking faults"
    assert [item["link"] for item in held["items"]] == ["https://r.example/a", "https://r.example/b"]
    assert states(desk, alert) == ["delivered", "delivered"]


def test_a_message_waits_until_nothing_more_comes_and_no_longer_than_that(desk, receiver, say, clock):
    alert = made(desk, receiver)
    desk.sender._pace = Pace(quiet=timedelta(seconds=10), longest=timedelta(seconds=25))
    for number in range(4):
        say(alert, f"event {number}")
        desk.sender.work()
        clock.after(seconds=8)
    assert receiver.calls == [], "something came every eight seconds"
    desk.sender.work()
    assert len(receiver.calls) == 1, "the first is 32 seconds old"


def test_who_fails_is_asked_again_under_the_same_id_and_given_up_in_the_end(desk, receiver, say, clock):
    alert = made(desk, receiver)
    receiver.answers["/"] = 500
    say(alert, "a")
    desk.sender.work()
    desk.sender.work()
    assert len(receiver.calls) == 1, "not before its time"
    clock.after(minutes=1)
    desk.sender.work()
    clock.after(minutes=10)
    desk.sender.work()
    clock.after(days=5)
    desk.sender.work()

    assert len(receiver.calls) == 3
    assert len(set(receiver.ids())) == 1
    assert len({body for _, _, body in receiver.calls}) == 1, "the same content under the same id"
    (row,) = desk.deliveries("default", alert.alert_id, 5)
    assert (row["state"], row["tries"], row["reason"], row["next_at"]) == ("dead", 3, "it answered 500", None)
    assert desk.outbox.lag() == {"default": {"waiting": 0, "given_up": 1}}
    (lost,) = desk.given_up()
    assert lost["message_id"] == row["message_id"]

    receiver.answers["/"] = 200
    assert desk.retry("default", alert.alert_id) == 1
    desk.sender.work()
    assert states(desk, alert) == ["delivered"]
    assert len(set(receiver.ids())) == 1


def test_who_says_that_nobody_is_there_is_asked_no_more_and_who_asks_for_time_gets_it(desk, receiver, say, clock):
    gone, busy = made(desk, receiver, "/gone"), made(desk, receiver, "/busy")
    receiver.answers |= {"/gone": 410, "/busy": 429}
    say(gone, "a")
    say(busy, "a")
    desk.sender.work()

    assert states(desk, gone) == ["dead"]
    clock.after(minutes=119)
    desk.sender.work()
    assert len(receiver.ids("/busy")) == 1
    clock.after(minutes=2)
    desk.sender.work()
    assert len(receiver.ids("/busy")) == 2


def test_a_receiver_that_sleeps_keeps_no_other_waiting(desk, receiver, say):
    """In one round all are on their way at the same time; nobody waits until the sleeper has answered."""
    order = []

    def sleeps(handler):
        deadline = time.monotonic() + 20
        while "quick" not in order and time.monotonic() < deadline:
            time.sleep(0.01)
        order.append("slow")
        handler.send_response(204)
        handler.end_headers()

    def answers(handler):
        order.append("quick")
        handler.send_response(204)
        handler.end_headers()

    receiver.answers |= {"/slow": sleeps, "/quick": answers}
    for path in ("/slow", "/quick"):
        say(made(desk, receiver, path), "a")
    desk.sender.work()

    assert order == ["quick", "slow"]


def test_a_process_that_dies_in_the_middle_has_tried(desk, receiver, say, clock):
    alert = made(desk, receiver)
    say(alert, "a")

    def dies(alert, message):
        raise KeyboardInterrupt

    deliver, desk.sender._deliver = desk.sender._deliver, dies
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            desk.sender.work()
        assert states(desk, alert) == ["pending"]
        clock.after(minutes=11)
    desk.sender.work()
    assert states(desk, alert) == ["dead"], "a message that kills its sender is not tried for ever"
    desk.sender._deliver = deliver
    desk.retry("default", alert.alert_id)
    desk.sender.work()
    assert states(desk, alert) == ["delivered"]


def test_a_trial_is_sent_at_once_and_says_what_came_of_it(desk, receiver):
    alert = made(desk, receiver)
    assert desk.sender.test("default", alert.alert_id)["state"] == "delivered"
    receiver.answers["/"] = 404
    failed = desk.sender.test("default", alert.alert_id)
    assert (failed["state"], failed["reason"]) == ("dead", "it answered 404")
    assert desk.outbox.lag() == {"default": {"waiting": 0, "given_up": 0}}, "who tries knows already"
    assert [body["type"] for body in receiver.bodies()] == ["test", "test"]
    with pytest.raises(NotFound):
        desk.sender.test("other", alert.alert_id)


def test_silence_is_said_once_for_each_silence(desk, receiver, application, sample, clock, monkeypatch):
    alert = made(desk, receiver, on=["data.silent"], silence_days=3)
    made(desk, receiver, "/nobody", workspace="empty")
    application.engine.analyze(sample)
    came = clock.now
    monkeypatch.setattr(
        desk.outbox, "last_arrival", lambda workspace: came.isoformat() if workspace == "default" else None
    )
    for _ in range(5):
        desk.sender.work()
        clock.after(days=1)

    assert [body["data"]["text"] for body in receiver.bodies()] == ["No new data"]
    assert "for 3 days" in receiver.bodies()[0]["data"]["items"][0]["text"]
    came = clock.now
    clock.after(days=3)
    desk.sender.work()
    assert len(receiver.calls) == 2
    assert len(states(desk, alert)) == 2


def test_a_report_comes_once_a_period_whatever_restarts_there_are(desk, receiver, application, sample, clock):
    application.engine.analyze(sample)
    alert = made(desk, receiver, on=[], report=ReportPlan(weekday="monday", hour=14, zone="Europe/Berlin"))
    assert clock.now.weekday() == 0  # 12:00 UTC, which is 14:00 in Berlin: due at this instant, made before it
    for _ in range(3):
        desk.sender.work()
        restarted = AlertSender(
            desk.book, desk.outbox, desk._deliver, desk._report, base_url="https://r.example", clock=clock,
            pace=desk.sender._pace,
        )  # fmt: skip
        restarted.work()
        clock.after(days=7)

    bodies = receiver.bodies()
    assert [body["data"]["text"] for body in bodies] == [
        "Weekly report, 2026-05-25 to 2026-05-31",
        "Weekly report, 2026-06-01 to 2026-06-07",
        "Weekly report, 2026-06-08 to 2026-06-14",
    ]
    assert bodies[0]["data"]["report"]["name"] == "report-2026-05-25-to-2026-05-31.html"
    assert len(states(desk, alert)) == 3


def test_a_report_that_cannot_be_made_is_given_up_with_its_reason(desk, receiver, clock):
    alert = made(desk, receiver, report=ReportPlan(weekday="monday", hour=0))
    clock.after(days=7)

    def missing(alert, due):
        raise ReportsMissing("needs the 'reports' extra", hint="install it")

    desk.sender._make_report = missing
    desk.sender.work()
    desk.sender.work()

    (row,) = desk.deliveries("default", alert.alert_id, 5)
    assert (row["state"], row["reason"]) == ("dead", "needs the 'reports' extra; install it")
    assert desk.retry("default", alert.alert_id) == 0, "there is nothing to send"


def test_a_report_that_cannot_be_made_here_is_not_promised(desk, receiver, monkeypatch):
    monkeypatch.setattr("reflection.reports.rendering.find_spec", lambda name: None if name == "weasyprint" else name)
    made(desk, receiver, report=ReportPlan(format="html"))
    with pytest.raises(ReportsMissing):
        made(desk, receiver, report=ReportPlan(format="pdf"))


def test_a_report_that_fails_keeps_no_other_alert_waiting(desk, receiver, clock):
    bad, good = (made(desk, receiver, path, report=ReportPlan()) for path in ("/bad", "/good"))
    desk.sender._pace = Pace(look_around=timedelta(hours=1))
    clock.after(days=7)

    def make(alert, due):
        if alert.alert_id == bad.alert_id:
            raise ZeroDivisionError
        return Report((), desk._report(alert, due).document)

    desk.sender._make_report = make
    with pytest.raises(ZeroDivisionError):
        desk.sender.work()
    desk.sender.work()
    assert len(receiver.ids("/good")) == 1
    assert states(desk, good) == ["delivered"]


def test_an_alert_that_is_removed_is_told_nothing_more(desk, receiver, say):
    alert = made(desk, receiver)
    say(alert, "a")
    desk.book.remove("default", alert.alert_id)
    desk.sender.work()

    assert receiver.calls == []
    assert desk.book.list() == []
    assert desk.outbox.lag() == {}


def test_the_log_is_kept_for_its_time_and_an_event_told_before_that_stays_told(desk, receiver, say, clock):
    alert = made(desk, receiver)
    say(alert, "a")
    desk.sender.work()
    clock.after(days=29)
    assert desk.forget("default") == 0
    clock.after(days=2)
    assert desk.forget("default") == 1
    assert states(desk, alert) == []
    say(alert, "a")
    desk.sender.work()
    assert len(receiver.calls) == 1


def test_what_an_alert_cannot_be_is_refused_before_it_is_stored(desk, receiver, settings):
    for address, problem in (
        ("https://127.1/x", "four numbers"),
        ("http://10.0.0.1/x", "private network"),
        ("mailto:ann@example.com", "MARKO_MAIL_URL"),
        ("https://hooks.slack.com/nothing", "Slack gives out"),
    ):
        with pytest.raises(InvalidInput, match=problem):
            desk.add("default", AlertRequest(address=address))
    with pytest.raises(InvalidInput, match="about nothing"):
        made(desk, receiver, on=[])
    for number in range(MOST_ALERTS):
        made(desk, receiver, f"/{number}")
    with pytest.raises(Conflict):
        made(desk, receiver)


def test_the_pauses_are_those_of_standard_webhooks():
    assert len(BACKOFF) == 9
    assert list(BACKOFF) == sorted(BACKOFF)
    assert sum(BACKOFF, timedelta()) < timedelta(days=4)


def test_the_file_of_a_report_is_in_the_body_as_it_was_made(desk, receiver, clock):
    made(desk, receiver, on=[], report=ReportPlan(weekday="monday", hour=12))
    desk.sender.work()

    (body,) = receiver.bodies()
    assert body["data"]["link"] == ("https://r.example/v1/portfolio/report?start=2026-05-25&end=2026-05-31&format=html")
    assert json.dumps(body).count("base64") == 1
