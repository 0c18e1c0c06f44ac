"""From events to messages that arrive: together, once by their ids, tried again, given up, none in another's way."""

import json
import time
from datetime import timedelta

import pytest

from reflection.alerts.alert import AlertRequest, ReportPlan
from reflection.delivery.sender import BACKOFF, AlertSender, Pace, Report
from reflection.errors import Conflict, InvalidInput, NotFound, ReportsMissing
from reflection.store.alerts import MOST_ALERTS


def made(service, receiver, path="/", workspace="default", **fields):
    return service.add(workspace, AlertRequest(address=receiver.url + path, **fields))


def states(service, alert):
    return [row["state"] for row in service.deliveries(alert.workspace, alert.alert_id, 50)]


def test_events_of_a_kind_are_one_message_and_said_again_they_are_none(service, receiver, say):
    alert = made(service, receiver)
    say(alert, "a", "b")
    say(alert, "c", kind="import.failed")
    service.sender.work()
    say(alert, "a", "b")
    service.sender.work()

    assert sorted(body["type"] for body in receiver.bodies()) == ["campaign.held", "import.failed"]
    (held,) = (body["data"] for body in receiver.bodies() if body["type"] == "campaign.held")
    assert held["text"] == "2 campaigns look like tracking faults"
    assert [item["link"] for item in held["items"]] == ["https://r.example/a", "https://r.example/b"]
    assert states(service, alert) == ["delivered", "delivered"]


def test_a_message_waits_until_nothing_more_comes_and_no_longer_than_that(service, receiver, say, clock):
    alert = made(service, receiver)
    service.sender._pace = Pace(quiet=timedelta(seconds=10), longest=timedelta(seconds=25))
    for number in range(4):
        say(alert, f"event {number}")
        service.sender.work()
        clock.after(seconds=8)
    assert receiver.calls == [], "something came every eight seconds"
    service.sender.work()
    assert len(receiver.calls) == 1, "the first is 32 seconds old"


def test_who_fails_is_asked_again_under_the_same_id_and_given_up_in_the_end(service, receiver, say, clock):
    alert = made(service, receiver)
    receiver.answers["/"] = 500
    say(alert, "a")
    service.sender.work()
    service.sender.work()
    assert len(receiver.calls) == 1, "not before its time"
    clock.after(minutes=1)
    service.sender.work()
    clock.after(minutes=10)
    service.sender.work()
    clock.after(days=5)
    service.sender.work()

    assert len(receiver.calls) == 3
    assert len(set(receiver.ids())) == 1
    assert len({body for _, _, body in receiver.calls}) == 1, "the same content under the same id"
    (row,) = service.deliveries("default", alert.alert_id, 5)
    assert (row["state"], row["tries"], row["reason"], row["next_at"]) == ("dead", 3, "it answered 500", None)
    assert service.outbox.lag() == {"default": {"waiting": 0, "given_up": 1}}
    (lost,) = service.given_up()
    assert lost["message_id"] == row["message_id"]

    receiver.answers["/"] = 200
    assert service.retry("default", alert.alert_id) == 1
    service.sender.work()
    assert states(service, alert) == ["delivered"]
    assert len(set(receiver.ids())) == 1


@pytest.mark.parametrize("back", [{"days": 1}, {"days": 400}])
def test_a_clock_set_back_makes_no_message_wait(service, receiver, say, clock, back):
    alert = made(service, receiver)
    service.sender._pace = Pace(quiet=timedelta(seconds=10), longest=timedelta(minutes=5))
    receiver.answers["/"] = 500
    say(alert, "tried once")
    clock.after(minutes=1)
    service.sender.work()
    say(alert, "never told")
    clock.now -= timedelta(**back)
    receiver.answers["/"] = 200

    service.sender.work()

    assert states(service, alert) == ["delivered", "delivered"]


def test_who_says_that_nobody_is_there_is_asked_no_more_and_who_asks_for_time_gets_it(service, receiver, say, clock):
    gone, busy = made(service, receiver, "/gone"), made(service, receiver, "/busy")
    receiver.answers |= {"/gone": 410, "/busy": 429}
    say(gone, "a")
    say(busy, "a")
    service.sender.work()

    assert states(service, gone) == ["dead"]
    clock.after(minutes=119)
    service.sender.work()
    assert len(receiver.ids("/busy")) == 1
    clock.after(minutes=2)
    service.sender.work()
    assert len(receiver.ids("/busy")) == 2


def test_a_receiver_that_sleeps_keeps_no_other_waiting(service, receiver, say):
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
        say(made(service, receiver, path), "a")
    service.sender.work()

    assert order == ["quick", "slow"]


def test_an_answer_that_nobody_foresaw_is_a_try_that_failed_and_keeps_no_other_waiting(service, receiver, say, clock):
    odd, other = made(service, receiver, "/odd"), made(service, receiver, "/other")
    deliver = service.sender._deliver

    def delivered(alert, message):
        if alert.alert_id == odd.alert_id:
            raise ValueError("a text that may hold a secret")
        deliver(alert, message)

    service.sender._deliver = delivered
    say(odd, "a")
    for name in ("a", "b"):
        say(other, name)
        service.sender.work()

    assert states(service, other) == ["delivered", "delivered"]
    (row,) = service.deliveries("default", odd.alert_id, 5)
    assert (row["state"], row["reason"]) == ("pending", "it could not be sent (ValueError)")
    assert service.sender.test("default", odd.alert_id)["reason"] == "it could not be sent (ValueError)"
    service.sender._deliver = deliver
    clock.after(minutes=10)
    service.sender.work()
    assert "delivered" in states(service, odd)


def test_a_process_that_dies_in_the_middle_has_tried(service, receiver, say, clock):
    alert = made(service, receiver)
    say(alert, "a")

    def dies(alert, message):
        raise KeyboardInterrupt

    deliver, service.sender._deliver = service.sender._deliver, dies
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            service.sender.work()
        assert states(service, alert) == ["pending"]
        clock.after(minutes=11)
    service.sender.work()
    assert states(service, alert) == ["dead"], "a message that kills its sender is not tried for ever"
    service.sender._deliver = deliver
    service.retry("default", alert.alert_id)
    service.sender.work()
    assert states(service, alert) == ["delivered"]


def test_a_trial_is_sent_at_once_and_says_what_came_of_it(service, receiver):
    alert = made(service, receiver)
    assert service.sender.test("default", alert.alert_id)["state"] == "delivered"
    receiver.answers["/"] = 404
    failed = service.sender.test("default", alert.alert_id)
    assert (failed["state"], failed["reason"]) == ("dead", "it answered 404")
    assert service.outbox.lag() == {"default": {"waiting": 0, "given_up": 0}}, "who tries knows already"
    assert [body["type"] for body in receiver.bodies()] == ["test", "test"]
    with pytest.raises(NotFound):
        service.sender.test("other", alert.alert_id)


def test_silence_is_said_once_for_each_silence(service, receiver, application, sample, clock, monkeypatch):
    alert = made(service, receiver, on=["data.silent"], silence_days=3)
    made(service, receiver, "/nobody", workspace="empty")
    application.engine.analyze(sample)
    came = clock.now
    monkeypatch.setattr(
        service.outbox, "last_arrival", lambda workspace: came.isoformat() if workspace == "default" else None
    )
    for _ in range(5):
        service.sender.work()
        clock.after(days=1)

    assert [body["data"]["text"] for body in receiver.bodies()] == ["No new data"]
    assert "for 3 days" in receiver.bodies()[0]["data"]["items"][0]["text"]
    came = clock.now
    clock.after(days=3)
    service.sender.work()
    assert len(receiver.calls) == 2
    assert len(states(service, alert)) == 2


def test_a_report_comes_once_a_period_whatever_restarts_there_are(service, receiver, application, sample, clock):
    application.engine.analyze(sample)
    alert = made(service, receiver, on=[], report=ReportPlan(weekday="monday", hour=14, zone="Europe/Berlin"))
    assert clock.now.weekday() == 0  # 12:00 UTC, which is 14:00 in Berlin: due at this instant, made before it
    for _ in range(3):
        service.sender.work()
        restarted = AlertSender(
            service.book, service.outbox, service._deliver, service._report, base_url="https://r.example", clock=clock,
            pace=service.sender._pace,
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
    assert len(states(service, alert)) == 3


def test_a_report_that_cannot_be_made_is_given_up_with_its_reason(service, receiver, clock):
    alert = made(service, receiver, report=ReportPlan(weekday="monday", hour=0))
    clock.after(days=7)

    def missing(alert, due):
        raise ReportsMissing("needs the 'reports' extra", hint="install it")

    service.sender._make_report = missing
    service.sender.work()
    service.sender.work()

    (row,) = service.deliveries("default", alert.alert_id, 5)
    assert (row["state"], row["reason"]) == ("dead", "needs the 'reports' extra; install it")
    assert service.retry("default", alert.alert_id) == 0, "there is nothing to send"


def test_a_report_that_cannot_be_made_here_is_not_promised(service, receiver, monkeypatch):
    monkeypatch.setattr("reflection.reports.rendering.find_spec", lambda name: None if name == "weasyprint" else name)
    made(service, receiver, report=ReportPlan(format="html"))
    with pytest.raises(ReportsMissing):
        made(service, receiver, report=ReportPlan(format="pdf"))


def test_a_report_that_fails_keeps_no_other_alert_waiting(service, receiver, clock):
    bad, good = (made(service, receiver, path, report=ReportPlan()) for path in ("/bad", "/good"))
    service.sender._pace = Pace(look_around=timedelta(hours=1))
    clock.after(days=7)

    def make(alert, due):
        if alert.alert_id == bad.alert_id:
            raise ZeroDivisionError
        return Report((), service._report(alert, due).document)

    service.sender._make_report = make
    with pytest.raises(ZeroDivisionError):
        service.sender.work()
    service.sender.work()
    assert len(receiver.ids("/good")) == 1
    assert states(service, good) == ["delivered"]


def test_an_alert_that_is_removed_is_told_nothing_more(service, receiver, say):
    alert = made(service, receiver)
    say(alert, "a")
    service.book.remove("default", alert.alert_id)
    service.sender.work()

    assert receiver.calls == []
    assert service.book.list() == []
    assert service.outbox.lag() == {}


def test_the_log_is_kept_for_its_time_and_an_event_told_before_that_stays_told(service, receiver, say, clock):
    alert = made(service, receiver)
    say(alert, "a")
    service.sender.work()
    clock.after(days=29)
    assert service.forget("default") == 0
    clock.after(days=2)
    assert service.forget("default") == 1
    assert states(service, alert) == []
    say(alert, "a")
    service.sender.work()
    assert len(receiver.calls) == 1


def test_what_an_alert_cannot_be_is_refused_before_it_is_stored(service, receiver, settings):
    for address, problem in (
        ("https://127.1/x", "four numbers"),
        ("http://10.0.0.1/x", "private network"),
        ("mailto:ann@example.com", "MARKO_MAIL_URL"),
        ("https://hooks.slack.com/nothing", "Slack gives out"),
    ):
        with pytest.raises(InvalidInput, match=problem):
            service.add("default", AlertRequest(address=address))
    with pytest.raises(InvalidInput, match="about nothing"):
        made(service, receiver, on=[])
    for number in range(MOST_ALERTS):
        made(service, receiver, f"/{number}")
    with pytest.raises(Conflict):
        made(service, receiver)


def test_the_pauses_are_those_of_standard_webhooks():
    assert len(BACKOFF) == 9
    assert list(BACKOFF) == sorted(BACKOFF)
    assert sum(BACKOFF, timedelta()) < timedelta(days=4)


def test_the_file_of_a_report_is_in_the_body_as_it_was_made(service, receiver, clock):
    made(service, receiver, on=[], report=ReportPlan(weekday="monday", hour=12))
    service.sender.work()

    (body,) = receiver.bodies()
    assert body["data"]["link"] == ("https://r.example/v1/portfolio/report?start=2026-05-25&end=2026-05-31&format=html")
    assert json.dumps(body).count("base64") == 1
