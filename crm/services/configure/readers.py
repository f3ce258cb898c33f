"""How single values of a configuration are read, and what to write when one is wrong."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from crm.services.configure.problems import Unusable, nearest

_HUNDREDTH = Decimal("0.01")


def text(limit: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Unusable("write text in quotes")
        if len(value) > limit:
            raise Unusable(f"at most {limit} characters; this has {len(value)}")
        return value.strip()

    return read


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unusable("write true or false")
    return value


def whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Unusable(f"write a whole number from {low} to {high}")
        return value

    return read


def share(value: Any) -> Decimal:
    """A part of one, with two decimals; TOML's 0.66 is read as the text it was, never as a binary fraction."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("nan")
    is_share = not isinstance(value, bool) and number.is_finite() and _HUNDREDTH <= number <= 1
    if not is_share or number != number.quantize(_HUNDREDTH):
        raise Unusable("write a share from 0.01 to 1 with at most two decimals, such as 0.66")
    return number.quantize(_HUNDREDTH)


def choice(allowed: tuple[str, ...] | list[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise Unusable(f"write one of {', '.join(allowed)}" + _close(value, allowed))
        return value

    return read


def zone(value: Any) -> str:
    name = text(64)(value)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Unusable('no such time zone; write a name such as "Europe/Zurich"') from None
    return name


def web_address(value: Any) -> str:
    address = text(200)(value).rstrip("/")
    if not address.startswith(("https://", "http://")) or len(address.partition("://")[2]) < 1:
        raise Unusable('write a web address such as "https://myvenue.ws.secutix.com"')
    return address


def networks(value: Any) -> list[str]:
    """Networks in their usual spelling, `192.0.2.0/24`; a single address is a network of one."""
    try:
        return [str(ipaddress.ip_network(item, strict=True)) for item in texts(value)]
    except ValueError as error:
        raise Unusable(f'{error}; write networks such as ["192.0.2.0/24", "2001:db8::/32"]') from None


def texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Unusable('write a list of texts, such as ["email", "mobile_phone"]')
    return list(value)


def text_map(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(item, str) for item in value.values()):
        raise Unusable('write a table of text to text, such as { MR = "Mr." }')
    return dict(value)


def _close(value: Any, allowed: tuple[str, ...] | list[str]) -> str:
    hint = nearest(value, allowed) if isinstance(value, str) else ""
    return hint if "did you mean" in hint else ""
