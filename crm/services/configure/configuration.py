"""What one configuration asks for, read and checked, before it meets the database.

A value that was not given is absent from `values`: it stays as it is, or takes the model's default in a new row. Names
in `values` are the models' own, so that the file, the admin and the REST API speak one language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """The members of one section. `is_complete`: what is not listed shall go (`manage = "all"`)."""

    items: tuple[T, ...] = ()
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """A table of free settings. `is_complete`: those not listed return to their defaults."""

    values: Values = field(default_factory=dict)
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """One URL of an institution; `name` is its label. `auth_secret` is the plain secret, kept out of every repr."""

    name: str
    stream: str
    values: Values
    auth_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FieldConfig:
    """A field policy or a line of a mapping. `is_preset`: added where missing, never laid over what is there."""

    entity: str
    field: str
    values: Values
    is_preset: bool = False


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """Access to S-360's backend API. `values` holds the secret too, hence no repr."""

    values: Values = field(repr=False)


@dataclass(frozen=True, slots=True)
class PairingConfig:
    """Which connection the institution feeds."""

    connection: str
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InstitutionConfig:
    """One S-360 tenant and all that hangs on it."""

    code: str
    values: Values = field(default_factory=dict)
    settings: Options = Options()
    api: ApiConfig | None = None
    pairing: PairingConfig | None = None
    webhooks: Listing[WebhookConfig] = Listing()
    policies: Listing[FieldConfig] = Listing()


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """One CRM account."""

    name: str
    connector: str
    values: Values = field(default_factory=dict)
    settings: Options = Options()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    mapping: Listing[FieldConfig] = Listing()


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything one file asks for. `name` is the file's name, for the audit; `text` finds the line of a fault."""

    institutions: Listing[InstitutionConfig] = Listing()
    connections: Listing[ConnectionConfig] = Listing()
    base_url: str = ""
    name: str = "configuration"
    text: str = field(default="", repr=False)
