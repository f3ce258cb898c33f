"""`manage.py link`: tie a contact, or all certain matches of a cause, to the records the CRM already has."""

from __future__ import annotations

import getpass
import json
from collections.abc import Sequence
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.services.link_records import (
    Candidate,
    Left,
    LinkRefusedError,
    LinkReport,
    candidate_for,
    link_contact,
    link_free_candidates,
    sort_candidates,
)
from sync.engine.explanation import summary
from sync.engine.fields import spec_of
from sync.models import Cause, Contact

AT_ONCE: Final = 20_000  # nobody waits for a page here
_EPILOG = """\
Exit codes: 0 linked (or, with --dry-run, it could be); 1 refused, and nothing was changed; 2 wrong arguments.
Without --remote-id the record is the one the CRM named in its last refusal. No personal value is printed.
"""


class Command(BaseCommand):
    help = "Link a contact to the record the CRM already has of the same person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = _EPILOG
        parser.add_argument("number", nargs="?", metavar="CONTACT_NUMBER", help="S-360's number, with its zeros")
        parser.add_argument("--institution", metavar="CODE", help="whose contact it is")
        parser.add_argument("--remote-id", default="", help="the CRM's id; default: the one its last refusal named")
        parser.add_argument("--cause", type=int, metavar="ID", help="instead: all certain matches parked under a cause")
        parser.add_argument("--dry-run", action="store_true", help="compare both sides and write nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object, for scripts")
        parser.add_argument("--actor", default="", help="who does it, for the audit; default: the account running this")
        parser.add_argument("--reason", default="", help="why, for the audit")

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["cause"] is None) == (options["number"] is None):
            raise CommandError("Give a contact number with --institution, or --cause.", returncode=2)
        if options["number"] is not None and not options["institution"]:
            raise CommandError("--institution says whose contact it is.", returncode=2)
        try:
            told = self._of_cause(options) if options["cause"] is not None else self._of_contact(options)
        except LinkRefusedError as refused:
            raise CommandError(str(refused)) from refused
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for name, value in told.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {_shown(value)}")

    def _of_contact(self, options: dict[str, Any]) -> dict[str, Any]:
        contact = Contact.objects.filter(
            institution__code=options["institution"], contact_number=options["number"]
        ).first()
        if contact is None:
            raise CommandError(f"{options['institution']} has no contact {options['number']}.")
        candidate = candidate_for(contact, options["remote_id"] or None)
        if candidate is None:
            raise CommandError("The CRM's last refusal named no record. Name one with --remote-id.")
        if candidate.obstacle:
            raise LinkRefusedError(candidate.obstacle)
        told = _compared(candidate)
        if options["dry_run"]:
            return told
        return told | _linked(link_contact(contact.pk, candidate.remote_id, _actor(options), options["reason"]))

    def _of_cause(self, options: dict[str, Any]) -> dict[str, Any]:
        cause = Cause.objects.filter(pk=options["cause"]).first()
        if cause is None:
            raise CommandError(f"There is no cause {options['cause']}.")
        if options["dry_run"]:
            found = sort_candidates(cause, AT_ONCE)
            certain = [{"contact": str(c.contact), "record": c.remote_id} for c in found.certain]
            return {"certain": certain, "left": _left(found.left), "not_compared": found.rest}
        report = link_free_candidates(
            cause, _actor(options), options["reason"], limit=AT_ONCE, looked_at=AT_ONCE, seconds=float("inf")
        )
        return {"linked": report.linked, "left": _left(report.left), "not_reached": report.rest}


def _compared(candidate: Candidate) -> dict[str, Any]:
    return {
        "contact": str(candidate.contact),
        "record": candidate.remote_id,
        "agree": [spec_of(name).label for name in candidate.agreeing],
        "differ": [spec_of(name).label for name in candidate.differing],
        "sent_afterwards": summary(candidate.plan),
    }


def _linked(report: LinkReport) -> dict[str, Any]:
    return {"linked": True, "was_linked": report.was_linked, "requeued": report.requeued, "orders_freed": report.freed}


def _left(left: Sequence[Left]) -> list[dict[str, str]]:
    return [{"contact": each.number, "record": each.remote_id, "reason": each.reason} for each in left]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(", ".join(v.values()) if isinstance(v, dict) else v for v in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _actor(options: dict[str, Any]) -> str:
    if options["actor"]:
        return str(options["actor"])
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a container may run under a number without a name
        return "command line"
