"""Slack, Teams and mail through apprise, which the extra `alerts` brings.

Slack and Teams have hosts of their own and mail goes through the installation's own server, so that no address can lead
elsewhere. They take a message without an id: one that was sent when the process was killed comes twice. Must not know
tries nor which messages there are.
"""

import logging
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from reflection.alerts.alert import Alert
from reflection.alerts.messages import Document, Message
from reflection.delivery.addresses import Undelivered

NAMES = {"slack": "Slack", "teams": "Teams", "mail": "the mail server"}
_EXTRA = "Slack, Teams and mail need the extra: pip install 'reflection[alerts]'"


def problem_of(channel: str, mail_url: str | None) -> str | None:
    """Why a channel cannot be used here; None where it can."""
    if channel == "mail" and not mail_url:
        return "mail needs a mail server: set MARKO_MAIL_URL, such as mailtos://user:password@smtp.example.com"
    return None if _apprise() is not None else _EXTRA


def problem_of_address(channel: str, address: str, mail_url: str | None) -> str | None:
    """Why an address is none of its channel; None where it is. It does not repeat the address."""
    apprise = _apprise()
    url = _url(channel, address, mail_url)
    if apprise is not None and apprise.Apprise.instantiate(url, suppress_exceptions=True) is None:
        return f"the address is none that {NAMES[channel]} gives out"
    return None


def send(alert: Alert, message: Message, mail_url: str | None) -> None:
    """Send a message once.

    Raises:
        Undelivered: it did not arrive, or nobody said that it did.
    """
    problem = problem_of(alert.channel, mail_url)
    if problem is not None:
        raise Undelivered(problem)
    apprise = _apprise()
    receiver = apprise.Apprise(asset=apprise.AppriseAsset(http_redirects=False, async_mode=False))
    if not receiver.add(_url(alert.channel, alert.address, mail_url)):
        raise Undelivered(f"the address is none that {NAMES[alert.channel]} gives out", final=True)
    document = message.document if alert.channel == "mail" else None
    if not receiver.notify(
        title=message.title,
        body=message.text,
        body_format=apprise.NotifyFormat.TEXT,
        attach=None if document is None else _attachment(document),
    ):
        raise Undelivered(f"{NAMES[alert.channel]} did not take it, or did not answer")


def _url(channel: str, address: str, mail_url: str | None) -> str:
    if channel != "mail":
        return address
    server = mail_url or ""
    return f"{server}{'&' if '?' in server else '?'}to={quote(address.removeprefix('mailto:'))}"


def _attachment(document: Document) -> Any:
    from apprise.attachment.memory import AttachMemory

    memory: Any = AttachMemory
    return memory(content=document.content, name=document.name, mimetype=document.media_type.partition(";")[0])


@lru_cache(maxsize=1)
def _apprise() -> Any:
    """The library, with its log and its HTTP client's kept still: they name addresses, which are secrets."""
    try:
        import apprise
    except ImportError:
        return None
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
    return apprise
