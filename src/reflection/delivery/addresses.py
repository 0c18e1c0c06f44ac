"""Where a webhook may go: to public addresses by https, and to what the installation allows besides.

A name is looked up once for each try, every address it has is judged, and only a judged address is connected to: what
the name says a moment later does not matter. Must not know what is sent.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from reflection.errors import InvalidInput, Unavailable

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host as text; raises OSError where it has none."""

_PORTS = {"https": 443, "http": 80}
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ip_network("::/96")
_PROTOCOLS = ip_network("192.0.0.0/24")
"""Kept for protocols (RFC 6890); whether Python calls all of it private depends on its version."""

_HINT = "MARKO_ALERT_HOSTS lists hosts that alerts may go to although they are private"


class FailedDelivery(Unavailable):
    """A try that failed; `final` where no other would do better. The message names no address."""

    def __init__(self, reason: str, *, final: bool = False, retry_after: int | None = None) -> None:
        super().__init__(reason, retry_after=retry_after)
        self.final = final


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and what to ask for there."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


class AddressGuard:
    """Judges addresses.

    Args:
        allowed: hosts by name or address, or networks such as ``10.0.0.0/8``, that may be private.
        resolve: looks a name up.
    """

    def __init__(self, allowed: Iterable[str] = (), resolve: Resolve | None = None) -> None:
        self._names, self._networks = _parted(allowed)
        self._resolve = resolve or _addresses_of

    def check(self, address: str) -> None:
        """Refuse an address that may not be used; one that nobody can look up now is judged when it is used.

        Raises:
            InvalidInput: it is private, or not encrypted, or written so that it hides where it goes.
        """
        try:
            self.target(address)
        except FailedDelivery as error:
            if error.final:
                raise InvalidInput(error.message, hint=_HINT, field="address") from None

    def target(self, address: str) -> Target:
        """Where an address leads now.

        Raises:
            FailedDelivery: to a place where it may not go (`final`), or nowhere at the moment.
        """
        parts = urlsplit(address)
        host, port = _host(parts), parts.port or _PORTS[parts.scheme]
        allowed = host in self._names
        try:
            addresses = tuple(dict.fromkeys(self._resolve(host, port)))
        except OSError:
            raise FailedDelivery("the host of the address cannot be looked up") from None
        if not addresses:
            raise FailedDelivery("the host of the address cannot be looked up")
        private = [one for one in addresses if not is_public(one)]
        if not allowed and not all(self._is_allowed(one) for one in private):
            raise FailedDelivery("the address leads to a private network or to this machine", final=True)
        if parts.scheme != "https" and not allowed and len(private) < len(addresses):
            raise FailedDelivery("the address is not encrypted; write https://", final=True)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(parts.scheme, host, port, path, addresses)

    def _is_allowed(self, address: str) -> bool:
        ip = ip_address(address.partition("%")[0])
        return any(ip in network for network in self._networks if network.version == ip.version)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also where it carries another one inside."""
    ip = ip_address(address.partition("%")[0])
    inner = _inside(ip)
    if inner is not None:
        return is_public(str(inner))
    tunnel = isinstance(ip, IPv6Address) and (ip.sixtofour is not None or ip.teredo is not None or ip.is_site_local)
    private = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_reserved or ip in _PROTOCOLS
    return ip.is_global and not (private or ip.is_multicast or tunnel)


def _inside(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one carries: mapped, translated (RFC 6052) or compatible (RFC 4291)."""
    if isinstance(ip, IPv4Address):
        return None
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if any(ip in network for network in (*_NAT64, _COMPATIBLE)):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def _host(parts: SplitResult) -> str:
    """The host as it is looked up; an IPv4 address only as people write one, for 0177.1 hides where it leads."""
    try:
        host = (parts.hostname or "").rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        raise FailedDelivery("the host of the address cannot be read", final=True) from None
    try:
        canonical = socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host
    if canonical != host:
        raise FailedDelivery("write the host's address as four numbers, or its name", final=True)
    return host


def _addresses_of(host: str, port: int) -> Sequence[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _parted(allowed: Iterable[str]) -> tuple[frozenset[str], tuple[IPv4Network | IPv6Network, ...]]:
    """Names, and networks (an address is a network of one)."""
    names, networks = set(), []
    for entry in allowed:
        try:
            networks.append(ip_network(entry.strip("[]"), strict=False))
        except ValueError:
            names.add(entry.strip().rstrip(".").lower())
    return frozenset(names), tuple(networks)
