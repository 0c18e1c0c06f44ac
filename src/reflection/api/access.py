"""Who is calling: keys, only this machine without keys, and guards against foreign web pages.

Without keys only loopback clients are served, and only when they address this machine by a loopback name: a
web page that points its own name at 127.0.0.1 (DNS rebinding) is refused, and so is what came through a
proxy. Knows settings and headers; must not know what the routes do.
"""

import hashlib
import hmac
import ipaddress
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from reflection.domain.workspaces import ANY_WORKSPACE, DEFAULT_WORKSPACE, WORKSPACE_NAME
from reflection.errors import InvalidInput, NotAllowed, NotAuthenticated
from reflection.settings import LOOPBACK_HOSTS, Settings
from reflection.store.api_keys import KeyRing, StoredKey

RING_SECONDS = 1.0
"""How long a look at the stored keys lasts: a key that was made or revoked is noticed after that time at most."""

IN_PROCESS = "testclient"
"""What Starlette's test client gives as the client's address; over a socket an address is never a word."""

IN_PROCESS_HOSTS = frozenset({"testserver", "test"})
"""What a client within this process may call the application; over a socket they are foreign names like any other."""

FORWARDED = "forwarded"
"""Who guesses keys through a proxy, or says so: the address is what the sender wrote, so all of them count as one."""

_ONCE = ("Host", "Origin", "Authorization", "X-API-Key", "X-Workspace", "Idempotency-Key")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(?::\d{0,5})?")
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class UnknownHost(NotAllowed):
    """The request addresses a name that this server does not answer to."""

    code = "unknown-host"
    status = 421
    title = "Not a name of this server"


class WrongKey(NotAuthenticated):
    """A key was sent that nobody gave out; too many of them look like guessing."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: `name` is for rate limits (never a secret), `workspace` is `*` where any may be chosen.

    `operates`: may see what concerns the installation as a whole, such as its metrics.
    """

    name: str
    workspace: str
    writes: bool
    operates: bool = False

    def workspace_for(self, name: str | None) -> str:
        """The workspace this request works in; `name` is that of the X-Workspace header.

        Raises:
            InvalidInput: no such name is possible.
            NotAllowed: the key belongs to another workspace.
        """
        if name is None:
            return DEFAULT_WORKSPACE if self.workspace == ANY_WORKSPACE else self.workspace
        if not WORKSPACE_NAME.match(name):
            raise InvalidInput("X-Workspace is not a workspace name", field="X-Workspace")
        if self.workspace not in (ANY_WORKSPACE, name):
            raise NotAllowed("this key does not open that workspace")
        return name


class Access:
    """Decides who a request comes from.

    Keys of the settings are compared as SHA-256 digests in constant time, all of them every time; keys made with
    ``reflection keys create`` are known from a ring that `renew` brings up to date.
    """

    def __init__(self, settings: Settings) -> None:
        self._keys = [
            (
                hashlib.sha256(key.secret.get_secret_value().encode()).digest(),
                Caller(f"key-{number}", key.workspace, key.writes, operates=key.workspace == ANY_WORKSPACE),
            )
            for number, key in enumerate(settings.api_keys, start=1)
        ]
        self._ring, self._renewed = KeyRing({}), -RING_SECONDS
        self._named = frozenset(host.casefold() for host in settings.allowed_hosts)

    @property
    def has_keys(self) -> bool:
        """Whether callers need a key."""
        return bool(self._keys) or bool(self._ring)

    @property
    def is_stale(self) -> bool:
        """Whether the stored keys must be looked at again before a caller is let in."""
        return time.monotonic() - self._renewed >= RING_SECONDS

    def renew(self, ring: Callable[[], KeyRing]) -> None:
        """Look at the stored keys again.

        Raises:
            Unavailable: the store cannot be read; nobody is let in on old knowledge.
        """
        began = time.monotonic()
        self._ring, self._renewed = ring(), began

    def check_origin(self, scope: Scope, headers: Headers) -> None:
        """Refuse foreign host names, proxies in front of a keyless server, and other sites' forms.

        Raises:
            InvalidInput: what decides who calls, or where, is said twice: a proxy may have judged the other one.
            UnknownHost: the Host header names somebody else.
            NotAllowed: the request came through a proxy, or from a foreign web page.
        """
        if twice := next((name for name in _ONCE if len(headers.getlist(name)) > 1), None):
            raise InvalidInput(f"the header {twice} was sent twice", hint="send it once", field=twice)
        host = headers.get("host", "")
        hosts = self._named if self.has_keys else self._named | LOOPBACK_HOSTS
        if hosts and client_of(scope) == IN_PROCESS:
            hosts |= IN_PROCESS_HOSTS
        if hosts and _host_name(host) not in hosts:
            raise UnknownHost("the Host header does not name this server", hint="add the name to MARKO_ALLOWED_HOSTS")
        if not self.has_keys and any(name in headers for name in _PROXY_HEADERS):
            raise NotAllowed("requests through a proxy need a key", hint="set MARKO_API_KEYS and send one of them")
        if scope["method"] not in _SAFE_METHODS and _foreign_page(headers, host):
            raise NotAllowed("another web site may not write here")

    def caller(self, scope: Scope, headers: Headers) -> Caller:
        """The caller of a request.

        Raises:
            NotAllowed: no keys are set and the client is not on this machine.
            NotAuthenticated: keys are set and none was sent.
            WrongKey: one was sent that is not known.
        """
        if not self.has_keys:
            if not is_loopback(client_of(scope)):
                raise NotAllowed(
                    "without keys only clients on this machine are served",
                    hint="set MARKO_API_KEYS and send one as 'Authorization: Bearer <key>' or 'X-API-Key'",
                )
            return Caller("local", ANY_WORKSPACE, writes=True, operates=True)
        sent = _sent_key(headers)
        if sent is None:
            raise NotAuthenticated("no key was sent", hint="send 'Authorization: Bearer <key>' or 'X-API-Key: <key>'")
        digest = hashlib.sha256(sent.encode()).digest()
        stored = self._ring.find(sent)
        holder: Caller | None = _caller_of(stored) if stored else None
        for own_key, caller in self._keys:
            if hmac.compare_digest(own_key, digest):
                holder = caller
        if holder is None:
            raise WrongKey(
                "the key is not known, or was revoked",
                hint="check the key; MARKO_API_KEYS and 'reflection keys list' say which open",
            )
        return holder


def _caller_of(key: StoredKey) -> Caller:
    return Caller(
        f"key-{key.key_id}",
        key.workspace,
        writes=key.scope != "read",
        operates=key.scope == "admin" or key.workspace == ANY_WORKSPACE,
    )


def client_of(scope: Scope) -> str:
    """The client's address; empty when the server does not say."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def guesser_of(scope: Scope, headers: Headers) -> str:
    """Under which name a wrong key of a request is counted."""
    return FORWARDED if any(name in headers for name in _PROXY_HEADERS) else client_of(scope)


def is_loopback(address: str) -> bool:
    """Whether an address is of this machine, or of a test client within this process."""
    if address == IN_PROCESS:
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def _host_name(host: str) -> str:
    """The name in a Host header; empty where it is more, or less, than a name and a port."""
    whole = _HOST.fullmatch(host)
    return whole[1].strip("[]").casefold() if whole else ""


def _foreign_page(headers: Headers, host: str) -> bool:
    """A browser says where a request starts; programs send neither header."""
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.casefold() != host.casefold()


def _sent_key(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key") or None
