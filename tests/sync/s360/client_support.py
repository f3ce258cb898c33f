"""The S-360 client, and a practice S-360 for it to call over real HTTP."""

from collections.abc import Callable
from typing import Any

from sync.http.addresses import AddressPolicy
from sync.http.client import HttpClient
from sync.practice import PracticeS360
from sync.s360.access import ApiSettings
from sync.s360.client import S360Client
from sync.s360.settings import S360Settings

SECRET = "an-invented-secret"


class Opener:
    """Builds clients of one practice S-360 and closes their connections."""

    def __init__(self, url: str, **access: Any) -> None:
        self.url = url
        self.access = {
            "institution": "PRACTICE",
            "operator": "PRACTICE_CRM",
            "partner": "practice-crm",
            "secret": SECRET,
        } | access
        self._open: list[HttpClient] = []

    def __call__(
        self,
        *,
        access: dict[str, Any] | None = None,
        http: dict[str, Any] | None = None,
        permit: Callable[[str, str], None] | None = None,
        clock: Callable[[], float] | None = None,
        **settings: Any,
    ) -> S360Client:
        client = HttpClient(AddressPolicy.for_urls([self.url], allow_private=True), far_side="S-360", **(http or {}))
        self._open.append(client)
        given = ApiSettings(base_url=self.url, **self.access | (access or {}))
        extra: dict[str, Any] = {} if permit is None else {"permit": permit}
        extra |= {} if clock is None else {"clock": clock}
        return S360Client(given, S360Settings.from_mapping(settings), client, **extra)

    def close(self) -> None:
        for client in self._open:
            client.close()


def effects(s360: PracticeS360) -> int:
    """How many writes were really done."""
    return len(s360.ledger.effects())


def calls(s360: PracticeS360) -> list[str]:
    """The methods called, in order of arrival."""
    return [call.method for call in s360.ledger.calls()]
