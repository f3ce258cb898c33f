"""Is this institution's S-360 within reach, and does it let us in? Prints a line for each question."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sync.models import Institution
from sync.services.check_s360 import CheckLine, check_s360

MARKS = {True: "ok  ", False: "FAIL", None: "?   "}


class Command(BaseCommand):
    help = "Asks S-360 one harmless question: reachable, TLS, credentials, clock, version. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("institution", help="Its code, such as MYVENUE.")
        parser.add_argument("--contact", default="", help="Read this contact instead of looking for nobody.")

    def handle(self, *args: Any, **options: Any) -> None:
        institution = Institution.objects.filter(code=options["institution"]).first()
        if institution is None:
            known = ", ".join(Institution.objects.values_list("code", flat=True)) or "none"
            raise CommandError(f"no institution {options['institution']}; known: {known}")
        lines = check_s360(institution, options["contact"])
        for line in lines:
            self.stdout.write(shown(line))
        if any(line.passed is False for line in lines):
            raise CommandError(f"{institution.code} cannot be called as it is set up", returncode=1)


def shown(line: CheckLine) -> str:
    return f"{MARKS[line.passed]}  {line.name:<12} {line.text}"
