"""Makes the database usable: migrations, first admin user. Run by `make run` before every start; safe to repeat.

The last line of the output is one JSON object for the supervisor: admin, password (once, else null), practice.
"""

import json
import os
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from config.practice import practice_processes

FIRST_ADMIN = "admin"


class Command(BaseCommand):
    help = "Migrate the database and make the first admin user; the last line of the output is JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        admin, password = ensure_admin()
        facts = {"admin": admin, "password": password, "practice": practice_processes()}
        self.stdout.write(json.dumps(facts))


@transaction.atomic
def ensure_admin() -> tuple[str, str | None]:
    """A superuser's name, and the password when one was made just now (ADMIN_USER, ADMIN_PASSWORD choose them)."""
    users = get_user_model().objects
    known = users.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if known is not None:
        return known.get_username(), None
    name = os.environ.get("ADMIN_USER") or FIRST_ADMIN
    given = os.environ.get("ADMIN_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    users.create_superuser(username=name, email="", password=password)
    return name, None if given else password
