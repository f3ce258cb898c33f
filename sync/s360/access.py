"""Where one institution's backend API is and who we are there; nothing here reaches a database or a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class AuthMode(StrEnum):
    """The two ways S-360 lets a program in ("Backend API": authentication)."""

    JWT = "jwt"  # signed by us, fresh for each call
    TOKEN = "token"  # noqa: S105 - the name of a mode; fetched for the operator's secret, used for a while


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """One institution's access. ``base_url`` has no path; ``partner`` may be empty with a token exchange."""

    base_url: str
    institution: str
    operator: str
    partner: str = ""
    secret: str = field(default="", repr=False)
    auth_mode: AuthMode = AuthMode.JWT
