"""Who is calling: keys, this-machine-only without keys, and the guards against being reached through a browser.

Without keys only loopback clients are served, and only when they address this machine by a loopback name: a web page
that points its own name at 127.0.0.1 (DNS rebinding) is refused, and so is what came through a proxy. Knows settings
and headers; must not know what the routes do.
"""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from reflection.errors import InvalidInput, NotAllowed, NotAuthenticated
from reflection.settings import ANY_WORKSPACE, DEFAULT_WORKSPACE, LOOPBACK_HOSTS, WORKSPACE_NAME, Settings

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
    """Who calls: `name` groups rate limits and logs (never a secret), `workspace` is `*` where any may be chosen."""

    name: str
    workspace: str
    writes: bool

    def workspace_for(self, wanted: str | None) -> str:
        """The workspace this request works in; `wanted` is the X-Workspace header.

        Raises:
            InvalidInput: no such name is possible.
            NotAllowed: the key belongs to another workspace.
        """
        if wanted is None:
            return DEFAULT_WORKSPACE if self.workspace == ANY_WORKSPACE else self.workspace
        if not WORKSPACE_NAME.match(wanted):
            raise InvalidInput("X-Workspace is not a workspace name", field="X-Workspace")
        if self.workspace not in (ANY_WORKSPACE, wanted):
            raise NotAllowed("this key does not open that workspace")
        return wanted


class Access:
    """Decides who a request comes from.

    Keys are compared as SHA-256 digests in constant time, all of them every time.
    """

    def __init__(self, settings: Settings) -> None:
        self._keys = [
            (
                hashlib.sha256(key.secret.get_secret_value().encode()).digest(),
                Caller(f"key-{number}", key.workspace, key.writes),
            )
            for number, key in enumerate(settings.api_keys, start=1)
        ]
        own = LOOPBACK_HOSTS if not self._keys else frozenset[str]()
        self._hosts = own | {host.casefold() for host in settings.allowed_hosts}

    @property
    def has_keys(self) -> bool:
        """Whether callers need a key."""
        return bool(self._keys)

    def check_origin(self, scope: Scope, headers: Headers) -> None:
        """Refuse foreign host names, proxies in front of a keyless server, and other sites' forms.

        Raises:
            UnknownHost: the Host header names somebody else.
            NotAllowed: the request came through a proxy, or from a foreign web page.
        """
        host = headers.get("host", "")
        if self._hosts and _host_name(host) not in self._hosts:
            raise UnknownHost(
                "the Host header does not name this server", hint="add the name to MARKO_ALLOWED_HOSTS"
            )
        if not self._keys and any(name in headers for name in _PROXY_HEADERS):
            raise NotAllowed(
                "requests through a proxy need a key", hint="set MARKO_API_KEYS and send one of them"
            )
        if scope["method"] not in _SAFE_METHODS and _foreign_page(headers, host):
            raise NotAllowed("another web site may not write here")

    def caller(self, scope: Scope, headers: Headers) -> Caller:
        """The caller of a request.

        Raises:
            NotAllowed: no keys are set and the client is not on this machine.
            NotAuthenticated: keys are set and none was sent.
            WrongKey: one was sent that is not known.
        """
        if not self._keys:
            if not is_loopback(client_of(scope)):
                raise NotAllowed(
                    "without keys only clients on this machine are served",
                    hint="set MARKO_API_KEYS and send one as 'Authorization: Bearer <key>' or 'X-API-Key: <key>'",
                )
            return Caller("local", ANY_WORKSPACE, writes=True)
        sent = _sent_key(headers)
        if sent is None:
            raise NotAuthenticated(
                "no key was sent", hint="send 'Authorization: Bearer <key>' or 'X-API-Key: <key>'"
            )
        digest = hashlib.sha256(sent.encode()).digest()
        found: Caller | None = None
        for known, caller in self._keys:
            if hmac.compare_digest(known, digest):
                found = caller
        if found is None:
            raise WrongKey("the key is not known", hint="check the key; MARKO_API_KEYS lists those that open")
        return found


def client_of(scope: Scope) -> str:
    """The client's address; empty when the server does not say."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def is_loopback(address: str) -> bool:
    """Whether an address is of this machine."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").casefold()
    except ValueError:
        return ""


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
