"""Slack, Teams and mail, as far as this machine: what is handed over, to which hosts, and that nothing is logged."""

import json
import logging
import smtplib
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests

from reflection.alerts.alert import Alert, channel_of
from reflection.alerts.messages import Document, Message, report_item, report_message
from reflection.alerts.schedule import DueReport
from reflection.delivery import chats
from reflection.delivery.addresses import FailedDelivery

SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
TEAMS = (
    "https://prod-1.westeurope.logic.azure.com:443/workflows/643e69f83c8944/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu"
)
MAIL = "mailto:ann@example.com"
SERVER = "mailtos://bob:canary-password@smtp.example.com?from=reflection@example.com"
MESSAGE = Message(
    "msg_1", "campaign.held", "A campaign looks like a tracking fault",
    (("<!channel> *Spring* & sale is left out.", "https://r.example/campaigns/x"),), b"{}", "2026-06-01T00:00:00+00:00",
)  # fmt: skip


def alert(address):
    return Alert("default", "alr_1", channel_of(address), "", address, "", (), 7, None, "")


@pytest.fixture
def posts(monkeypatch):
    """What would have been posted; the status that is answered is its first element."""
    calls: list[Any] = [200]

    def post(method, url, data=None, **options):
        calls.append((url, data, options))
        answer = requests.Response()
        answer.status_code, answer._content = calls[0], b"ok"
        return answer

    monkeypatch.setattr(requests, "request", post)
    monkeypatch.setattr(requests.api, "request", post)
    return calls


@pytest.mark.parametrize(
    ("address", "host"), [(SLACK, "https://hooks.slack.com/"), (TEAMS, "https://prod-1.westeurope.logic.azure.com")]
)
def test_a_message_goes_to_the_vendors_host_without_following_anything(posts, address, host):
    chats.send(alert(address), MESSAGE, None)

    ((url, data, options),) = posts[1:]
    assert url.startswith(host)
    assert options["allow_redirects"] is False
    assert options["timeout"] is not None
    assert "A campaign looks like a tracking fault" in str(data)
    assert "https://r.example/campaigns/x" in str(data)


def test_a_name_calls_nobody_in_slack(posts):
    chats.send(alert(SLACK), MESSAGE, None)

    assert "<!channel>" not in str(posts[1][1])
    assert "apprise" not in str(posts[1][1]), "no picture is fetched from elsewhere"


def test_a_name_is_no_link_and_no_emphasis_in_teams(posts):
    chats.send(alert(TEAMS), MESSAGE, None)

    text = json.loads(posts[1][1])["attachments"][0]["content"]["body"][-1]["text"]
    assert text == r"\<\!channel\> \*Spring\* & sale is left out. [Open](https://r.example/campaigns/x)"


def test_what_is_not_taken_is_a_failure_and_neither_it_nor_the_log_names_the_address(posts, caplog, capfd):
    posts[0] = 500
    with caplog.at_level(logging.DEBUG):
        for address in (SLACK, TEAMS):
            with pytest.raises(FailedDelivery) as failed:
                chats.send(alert(address), MESSAGE, None)
            assert address not in str(failed.value)
    said = caplog.text + "".join(capfd.readouterr())
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in said
    assert "KODuebWbDGYFr0z0eu" not in said


class Mailbox:
    """A mail server that keeps what it is sent."""

    def __init__(self, sent: list[tuple[Any, Any, str]]) -> None:
        self._sent = sent

    def __call__(self, *address: Any, **options: Any) -> "Mailbox":
        return self

    def sendmail(self, sender: str, receivers: Any, body: str) -> None:
        self._sent.append((sender, receivers, body))

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def test_mail_goes_through_the_installations_server_with_the_report_as_a_file(monkeypatch):
    sent: list[Any] = []
    for name in ("SMTP", "SMTP_SSL"):
        monkeypatch.setattr(smtplib, name, Mailbox(sent))
    due = DueReport(datetime(2026, 6, 1, 8, tzinfo=UTC), date(2026, 5, 25), date(2026, 5, 31))
    file = Document("report.pdf", "application/pdf", b"%PDF-1.7 canary")
    message = report_message(
        "alr_1", "default", report_item(due, "pdf"), ["What happened: 3 campaigns."], file, "https://r.example", "now"
    )
    chats.send(alert(MAIL), message, SERVER)

    ((sender, receivers, body),) = sent
    assert sender == "reflection@example.com"
    assert "ann@example.com" in str(receivers)
    assert "Weekly report, 2026-05-25 to 2026-05-31" in body
    assert 'filename="report.pdf"' in body
    assert "canary-password" not in body


def test_what_cannot_be_used_here_is_said():
    assert "MARKO_MAIL_URL" in (chats.problem_of("mail", MAIL, None) or "")
    assert chats.problem_of("mail", MAIL, SERVER) is None
    assert chats.problem_of("slack", SLACK, None) is None
    assert "Slack gives out" in (chats.problem_of("slack", "https://hooks.slack.com/services/T1", None) or "")
