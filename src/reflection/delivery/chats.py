"""Slack, Teams and mail through apprise, which the extra `alerts` brings.

Slack and Teams have hosts of their own and mail goes through the installation's own server, so that no address can lead
elsewhere. They take a message without an id: one that was sent when the process was killed comes twice. Must not know
tries nor which messages there are.
"""

import logging
import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from reflection.alerts.alert import Alert
from reflection.alerts.messages import Document, Message
from reflection.delivery.addresses import FailedDelivery

SENDER, OPEN = "Reflection", "Open"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~])")
_NAMES = {"slack": "Slack", "teams": "Teams", "mail": "the mail server"}


def problem_of(channel: str, address: str, mail_url: str | None) -> str | None:
    """Why an address of a channel cannot be used here; None where it can. It does not repeat the address."""
    if channel == "mail" and not mail_url:
        return "mail needs a mail server: set MARKO_MAIL_URL, such as mailtos://user:password@smtp.example.com"
    try:
        receiver = _receiver(channel, address, mail_url)
    except ImportError:
        return "Slack, Teams and mail need the extra: pip install 'marko-reflection[alerts]'"
    return None if receiver is not None else f"the address is none that {_NAMES[channel]} gives out"


def send(alert: Alert, message: Message, mail_url: str | None) -> None:
    """Send a message once.

    Raises:
        FailedDelivery: it did not arrive, or nobody said that it did.
    """
    problem = problem_of(alert.channel, alert.address, mail_url)
    if problem is not None:
        raise FailedDelivery(problem)
    document = message.document if alert.channel == "mail" else None
    arrived = _receiver(alert.channel, alert.address, mail_url).notify(
        title=message.title,
        body=_markdown(message) if alert.channel == "teams" else message.text,
        body_format="markdown" if alert.channel == "teams" else "text",
        attach=None if document is None else _attachment(document),
    )
    if not arrived:
        raise FailedDelivery(f"{_NAMES[alert.channel]} did not take it, or did not answer")


def _markdown(message: Message) -> str:
    """The lines as paragraphs for cards, which make no link of an address by themselves; texts stay texts."""
    texts = ((_SPECIAL.sub(r"\\\1", text), link) for text, link in message.lines)
    return "\n\n".join(f"{text} [{OPEN}]({link})" if link else text for text, link in texts)


def _receiver(channel: str, address: str, mail_url: str | None) -> Any:
    """The library's part for a channel, made for an address; None where the address is none of the channel.

    Of its many parts these three are loaded and no other: what they can be told by an address is known.
    """
    from apprise.asset import AppriseAsset

    plugin = _plugin(channel)
    if channel == "mail":
        server = mail_url or ""
        receiver = quote(address.removeprefix("mailto:"))
        values = plugin.parse_url(f"{server}{'&' if '?' in server else '?'}to={receiver}")
    else:
        values = plugin.parse_native_url(address)
    try:
        asset = AppriseAsset(http_redirects=False, app_id=SENDER, image_url_mask="")
        return plugin(**values, asset=asset) if values else None
    except TypeError:  # which is how it says that a value is none
        return None


@lru_cache(maxsize=3)
def _plugin(channel: str) -> Any:
    """With the log of it and of its HTTP client kept still: they name addresses, which are secrets."""
    for name in ("apprise", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    if channel == "slack":
        from apprise.plugins.slack import NotifySlack

        return NotifySlack
    if channel == "teams":
        from apprise.plugins.workflows import NotifyWorkflows

        return NotifyWorkflows
    from apprise.plugins.email import NotifyEmail

    return NotifyEmail


def _attachment(document: Document) -> Any:
    from apprise.attachment.memory import AttachMemory

    memory: Any = AttachMemory
    return memory(content=document.content, name=document.name, mimetype=document.media_type.partition(";")[0])
