"""A practice CRM on a free port, its clock, and its two faces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm.practice import PracticeCrm
from tests.crm.practice.clients import TOKEN, Clock, Face, Hubspot


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def crm(clock: Clock) -> Iterator[PracticeCrm]:
    with PracticeCrm(token=TOKEN, clock=clock, seed=1) as running:
        yield running
        assert running.ledger.bugs == []


@pytest.fixture
def hubspot(crm: PracticeCrm) -> Iterator[Hubspot]:
    face = Hubspot(crm)
    with face.http:
        yield face


@pytest.fixture
def rest(crm: PracticeCrm) -> Iterator[Face]:
    face = Face(crm)
    with face.http:
        yield face
