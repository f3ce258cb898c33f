"""Which records may travel in one call? A CRM refuses a key, or the value of a unique field, twice in the same call."""

from collections.abc import Collection, Sequence

from crm.services.push.prepare import Prepared


def without_clashes(prepared: Sequence[Prepared], unique_fields: Collection[str]) -> list[Prepared]:
    """The records in order, without those that clash with an earlier one: they stay due and go with the next call.

    Two institutions may own one number; a family may share one address. Sent apart, the CRM names the record that owns
    the value, which an operator can act upon; sent together, it only says that the call repeats itself.
    """
    taken: set[tuple[str, str]] = set()
    chosen = []
    for one in prepared:
        marks = {("", one.record.key)} | _unique_values(one, unique_fields)
        if taken.isdisjoint(marks):
            taken |= marks
            chosen.append(one)
    return chosen


def _unique_values(one: Prepared, unique_fields: Collection[str]) -> set[tuple[str, str]]:
    sent = ((name, one.record.fields.get(name)) for name in unique_fields)
    return {(name, str(value).casefold()) for name, value in sent if value not in (None, "")}
