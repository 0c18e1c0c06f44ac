"""Signed webhooks as Standard Webhooks describes them: one POST to a judged address, no redirect, a bounded time.

The receiver sees the same `webhook-id` whenever a message is sent again. Nothing of its answer is kept but the status.
Must not know tries nor which messages there are.
"""

import ssl
from datetime import UTC, datetime
from functools import lru_cache, partial

import anyio
import httpx2
from anyio import to_thread
from standardwebhooks import Webhook

from reflection.alerts.messages import Message
from reflection.delivery.addresses import AddressGuard, FailedDelivery, Target
from reflection.version import __version__

SECONDS = 10.0
"""The longest a try may take, from looking the name up to the status of the answer."""

GONE = 410
"""The status by which a receiver says that nobody is there any longer."""

LONGEST_WAIT = 86_400
"""The most seconds that a receiver can ask to be left alone for."""

DIGITS = 9
"""So many of a number are read: it says more than the longest wait already, and thousands of them are an error."""


def send(guard: AddressGuard, address: str, secret: str, message: Message, *, seconds: float = SECONDS) -> None:
    """Send a message once.

    Raises:
        FailedDelivery: it did not arrive, or nobody said that it did.
    """
    anyio.run(partial(_send, guard, address, secret, message, seconds))


async def _send(guard: AddressGuard, address: str, secret: str, message: Message, seconds: float) -> None:
    try:
        with anyio.fail_after(seconds):
            target = await to_thread.run_sync(_judged, guard, address, abandon_on_cancel=True)
            await _post(target, _headers(secret, message), message.payload)
    except TimeoutError:
        raise FailedDelivery(f"no answer within {seconds:g} seconds") from None


def _judged(guard: AddressGuard, address: str) -> Target:
    """Where the address leads now; what may not be used now may be at the next try, when its name says otherwise."""
    try:
        return guard.target(address)
    except FailedDelivery as error:
        raise FailedDelivery(error.message) from None


def _headers(secret: str, message: Message) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "User-Agent": f"reflection/{__version__}",
        "webhook-id": message.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message.message_id, now, message.payload.decode()),
    }


async def _post(target: Target, headers: dict[str, str], body: bytes) -> None:
    """To the first of the judged addresses that can be connected to; certificates are checked for the host's name."""
    default = {"https": 443, "http": 80}[target.scheme]
    name = f"[{target.host}]" if ":" in target.host else target.host
    headers = {**headers, "Host": name if target.port == default else f"{name}:{target.port}"}
    async with httpx2.AsyncClient(
        verify=_certificates(), trust_env=False, follow_redirects=False, timeout=httpx2.Timeout(SECONDS)
    ) as client:
        for number, address in enumerate(target.addresses, start=1):
            url = f"{target.scheme}://{f'[{address}]' if ':' in address else address}:{target.port}{target.path}"
            request = client.build_request(
                "POST", url, content=body, headers=headers, extensions={"sni_hostname": target.host}
            )
            try:
                answer = await client.send(request, stream=True)
            except httpx2.ConnectError:
                if number == len(target.addresses):
                    raise FailedDelivery("nobody answers there, or the certificate is not valid") from None
                continue
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise FailedDelivery(f"the connection broke ({type(error).__name__})") from None
            await answer.aclose()
            return _judge(answer)


def _judge(answer: httpx2.Response) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise FailedDelivery(f"it answered {status}; redirects are not followed")
    wait = answer.headers.get("retry-after", "")
    retry_after = min(int(wait[:DIGITS]), LONGEST_WAIT) if wait.isdecimal() else None
    raise FailedDelivery(f"it answered {status}", final=status == GONE, retry_after=retry_after)


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Read once: it takes longer than a message."""
    return ssl.create_default_context()
