"""Calls the practice S-360's API as a CRM would."""

import time
from collections.abc import Iterator
from typing import Any

import httpx

from sync.practice import PracticeS360
from sync.practice.api_auth import signed_token

SERVICES = {"getOrderDetails": "/tnseb/backend-apis/externalOrderService/v1_33"}
CONTACTS = "/tnco/backend-apis/contactInformationPublicService/v2_21"


class Caller:
    def __init__(self, s360: PracticeS360, timeout_seconds: float = 5.0) -> None:
        self.s360 = s360
        self.client = httpx.Client(base_url=s360.url, timeout=timeout_seconds, trust_env=False)

    def __call__(self, method: str, *, token: str | None = None, **request: Any) -> httpx.Response:
        bearer = signed_token(self.s360.credentials, time.time()) if token is None else token
        path = f"{SERVICES.get(method, CONTACTS)}/{method}"
        return self.client.post(path, json=request, headers={"Authorization": f"Bearer {bearer}"})

    def save(self, **fields: Any) -> httpx.Response:
        return self("saveIndividualContactData", individualContactData=fields)


def calling(s360: PracticeS360) -> Iterator[Caller]:
    caller = Caller(s360)
    yield caller
    caller.client.close()
