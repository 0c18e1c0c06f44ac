"""Where an alert goes follows from its address, and what is secret in an address is shown nowhere."""

import pytest

from reflection.alerts.alert import KINDS, AlertRequest, channel_of, shown_address
from reflection.errors import InvalidInput

SLACK = "https://hooks.slack.com/services/T0000/B0000/secretsecret"


@pytest.mark.parametrize(
    ("address", "channel"),
    [
        ("https://example.com/hook?token=1", "webhook"),
        (SLACK, "slack"),
        ("https://hooks.slack.com.evil.example/services/T/B/X", "webhook"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke?sig=2", "teams"),
        ("https://logic.azure.com.evil.example/workflows/1", "webhook"),
        ("mailto:ann@example.com", "mail"),
    ],
)
def test_the_channel_follows_from_the_address(address, channel):
    assert channel_of(address) == channel


@pytest.mark.parametrize(
    "address",
    ["ftp://example.com", "example.com", "https://", "https://user:pw@example.com", "https://exa mple.com/",
     "https://example.com:99999/", "mailto:ann", "mailto:ann@example.com?bcc=eve@example.com", "slack://a/b/c",
     "file:///etc/passwd", "https://example.com/a\nb", "mailto:ann@example.com,eve@example.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InvalidInput) as refused:
        channel_of(address)

    assert refused.value.field == "address"


def test_a_refusal_does_not_repeat_what_may_be_a_secret():
    with pytest.raises(InvalidInput) as refused:
        channel_of("https://ann:canary@example.com/canary")

    assert "canary" not in f"{refused.value} {refused.value.hint}"


def test_of_an_address_the_host_is_shown_alone():
    assert shown_address(SLACK) == "https://hooks.slack.com/..."
    assert shown_address("mailto:ann@example.com") == "mailto:ann@example.com"


def test_a_name_is_one_line_that_a_terminal_can_show():
    for name in ("\x1b[2J", "a\nb", "\u202e"):
        with pytest.raises(ValueError, match="printable"):
            AlertRequest(address=SLACK, name=name)


def test_left_out_means_every_event_and_the_order_is_ours():
    assert AlertRequest(address=SLACK).kinds == KINDS
    assert AlertRequest(address=SLACK, on=["import.failed", "campaign.held"]).kinds == (
        "campaign.held",
        "import.failed",
    )
