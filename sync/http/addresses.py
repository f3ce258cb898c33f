"""May we talk to this URL, and to the address it led to? Asked before a request and again once connected.

Two questions on purpose: a host name on the allow-list may still resolve to an address inside our own network, and a
name that was checked may resolve differently a moment later (DNS rebinding). Only the connected address counts.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Letters of a plain host name. Anything else (percent escapes, full-width digits, brackets in odd places) is where two
# parsers disagree about which host is meant.
_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]|[^\x00-\x7f]")
# IPv6 ranges that carry an IPv4 address: what they reach is that address.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")


class RefusedUrlError(ValueError):
    """The console does not talk to this address; the text says why and names no secret."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart once, by one parser."""

    scheme: str
    host: str
    port: int
    path: str  # path and query, as sent

    @property
    def origin(self) -> str:
        """For messages: scheme, host and port, nothing else."""
        return f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which hosts a connection may reach.

    `hosts` comes from the connection's settings, never from an answer; `allow_private` is for what stands
    inside one's own network.
    """

    hosts: frozenset[str]
    allow_private: bool = False

    @classmethod
    def for_urls(cls, urls: Collection[str], *, allow_private: bool = False) -> AddressPolicy:
        """The policy that allows exactly the hosts of these URLs. Raises RefusedUrlError for a URL that has no host."""
        return cls(frozenset(parse_target(url).host for url in urls), allow_private)

    def accept(self, url: str) -> Target:
        """The URL taken apart. Raises RefusedUrlError when it may not be called."""
        target = parse_target(url)
        if target.scheme != "https" and not self.allow_private:
            raise RefusedUrlError("only https is allowed, unless private addresses are allowed for this connection")
        if target.host not in self.hosts:
            raise RefusedUrlError(f"host {target.host} is not among the hosts of this connection")
        return target

    def check_address(self, address: str) -> None:
        """Raises RefusedUrlError for an address we do not connect to."""
        ip = _effective(ipaddress.ip_address(address.partition("%")[0]))
        if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
            # Nobody we want: cloud metadata services live on link-local addresses, also where private ones are allowed.
            raise RefusedUrlError(f"address {ip} is link-local, multicast or unspecified")
        if not ip.is_global and not self.allow_private:
            raise RefusedUrlError(f"address {ip} is private; allow private addresses for this connection if meant")


def parse_target(url: str) -> Target:
    """Take a URL apart. Raises RefusedUrlError for anything two parsers could read differently."""
    if _UNPRINTABLE.search(url):
        raise RefusedUrlError("the URL contains spaces, backslashes, control or non-ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedUrlError("the URL cannot be read") from None
    if parts.scheme not in ("http", "https"):
        raise RefusedUrlError("the URL must begin with https://")
    if "@" in parts.netloc or parts.fragment:
        raise RefusedUrlError("the URL must not carry a user name or a fragment")
    if port == 0:
        raise RefusedUrlError("the URL's port cannot be used")
    host = _host(parts.netloc, parts.hostname or "")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def _host(netloc: str, host: str) -> str:
    if netloc.startswith("["):
        return _ipv6(host)
    if not _HOST_NAME.fullmatch(host):
        raise RefusedUrlError("the URL's host name is not plain")
    host = host.rstrip(".")
    if host.rpartition(".")[2].isdigit() or host.rpartition(".")[2].startswith("0x"):
        return _ipv4(host)
    return host


def _ipv4(host: str) -> str:
    # 127.1, 2130706433, 0x7f.1 and 0177.0.0.1 are all 127.0.0.1 to a resolver; only the dotted quad is accepted.
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise RefusedUrlError("a numeric host must be written as four decimal numbers") from None


def _ipv6(host: str) -> str:
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise RefusedUrlError("the URL's IPv6 address cannot be read") from None


def _effective(ip: IPAddress) -> IPAddress:
    """The address a packet ends up at, for IPv6 forms that only wrap an IPv4 one."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _NAT64 or (ip in _IPV4_COMPATIBLE and int(ip) > 1):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
