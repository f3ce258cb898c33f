"""What the CRM's app adds to a record's page: `sync` must not import it, so it registers itself when the admin is
loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from sync.admin.page import Button
from sync.engine.policy import PolicySet
from sync.models import Entity


@dataclass(frozen=True, slots=True)
class FarSide:
    """What is known beyond `sync` of one record.

    `names`: the other side's name of one of our fields, None where the field does not travel. `bindings`: rows of
    (connection, the CRM's id, since) ready to be shown.
    """

    limit: Callable[[PolicySet], PolicySet] = lambda policies: policies
    name_of: Callable[[str], str | None] = lambda name: name
    bindings: Sequence[Sequence[Any]] = field(default_factory=tuple)
    connection: Any = ""


_look_up: list[Callable[[Entity, Any], FarSide | None]] = []


def register_far_side(look_up: Callable[[Entity, Any], FarSide | None]) -> None:
    """`look_up(entity, record)` makes a bounded number of queries; None where the institution has no CRM yet."""
    _look_up.append(look_up)


_buttons: dict[type[Model], list[Callable[[HttpRequest, Any], list[Button]]]] = {}


def register_buttons(model: type[Model], make: Callable[[HttpRequest, Any], list[Button]]) -> None:
    """`make(request, row)`: what the CRM's side offers this person on the page of such a row."""
    _buttons.setdefault(model, []).append(make)


def far_side_buttons(request: HttpRequest, row: Model) -> list[Button]:
    return [button for make in _buttons.get(type(row), ()) for button in make(request, row)]


def far_side_of(entity: Entity, record: Any) -> FarSide | None:
    return next((found for look_up in _look_up if (found := look_up(entity, record)) is not None), None)
