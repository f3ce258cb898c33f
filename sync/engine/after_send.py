"""What both sides hold, and what they have agreed on, once a send is known to have succeeded.

The pair becomes (S-360's value, CRM's value actually held): where the target rewrote what it was given, its own word
stands in its half, so the rewrite is agreed and never sent on. Stored in the transaction that settles the entry.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sync.engine.canonical import Pairs, Value, View, canonical_value, same
from sync.engine.plan import Conflict, Side


class AfterSend(NamedTuple):
    """New pairs and the target's new view; whole copies, the inputs are left alone."""

    agreed: dict[str, list[Value]]
    view: dict[str, Value]


def after_crm_send(
    agreed: Pairs, crm_view: View, sent: View, came_back: View | None = None, before: View | None = None
) -> AfterSend:
    """After S-360's values in ``sent`` were accepted by the CRM; parameters as in ``after_send``."""
    return after_send(target=Side.CRM, agreed=agreed, view=crm_view, sent=sent, came_back=came_back, before=before)


def after_s360_send(
    agreed: Pairs, s360_view: View, sent: View, came_back: View | None = None, before: View | None = None
) -> AfterSend:
    """After the CRM's values in ``sent`` were accepted by S-360; parameters as in ``after_send``."""
    return after_send(target=Side.S360, agreed=agreed, view=s360_view, sent=sent, came_back=came_back, before=before)


def after_send(
    *, target: Side, agreed: Pairs, view: View, sent: View, came_back: View | None = None, before: View | None = None
) -> AfterSend:
    """Pairs and target's view after a successful send. Safe to repeat with the same arguments.

    ``sent``: exactly what the intent recorded. ``came_back``: the target's answer to a read *straight after* the write,
    None without a read; never a later delivery, which may be a person's edit. ``before``: the target's view when the
    intent was committed; a value that changed since then, without a read, is news from the target and is kept.
    """
    pairs: dict[str, list[Value]] = {name: [pair[0], pair[1]] for name, pair in agreed.items()}
    held_view = dict(view)
    for name, raw in sent.items():
        value = canonical_value(name, raw)
        held = canonical_value(name, came_back[name]) if came_back is not None and name in came_back else value
        pairs[name] = [value, held] if target is Side.CRM else [held, value]
        if (came_back is not None and name in came_back) or not _is_news(name, view, before):
            held_view[name] = held
    return AfterSend(pairs, held_view)


def rewrites(sent: View, came_back: View) -> dict[str, tuple[Value, Value]]:
    """Field -> (sent, came back) for what the target changed, ready for the registry of rewrites."""
    return {
        name: (canonical_value(name, value), canonical_value(name, came_back[name]))
        for name, value in sent.items()
        if name in came_back and not same(name, value, came_back[name])
    }


def agree(agreed: Pairs, pairs: Mapping[str, tuple[Value, Value]]) -> dict[str, list[Value]]:
    """The stored pairs with a plan's ``agree`` laid over them, as JSON-ready lists."""
    merged: dict[str, list[Value]] = {name: [pair[0], pair[1]] for name, pair in agreed.items()}
    merged.update({name: [pair[0], pair[1]] for name, pair in pairs.items()})
    return merged


def pair_for_winner(conflict: Conflict, winner: Side) -> tuple[Value, Value]:
    """The pair that resolves a conflict: as if the loser's value had been agreed, so only the winner has moved.

    The next plan then sends the winner's value by the ordinary rules (direction, blank, lifecycle).
    """
    base = conflict.base or (None, None)
    return (base[0], conflict.crm) if winner is Side.S360 else (conflict.s360, base[1])


def _is_news(name: str, view: View, before: View | None) -> bool:
    return before is not None and name in view and (name not in before or not same(name, view[name], before[name]))
