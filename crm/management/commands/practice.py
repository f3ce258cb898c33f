"""`manage.py practice s360|crm|execute`: the two servers to rehearse with, wired to this console.

`crm` and `s360` run until they are stopped. `execute` asks a running practice S-360 for one execution and says whether
everything was accepted: a script's way to push 500 contacts through the console and get an exit code.
"""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.practice.__main__ import main as run_practice_crm
from crm.services.configure.practice import ensure_practice_configuration
from sync.practice.__main__ import main as run_practice_s360
from sync.practice.push import run_execution_and_wait


class Command(BaseCommand):
    help = "Run the practice S-360 or the practice CRM against this console, or ask for one execution."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        crm = verbs.add_parser("crm", help="run the practice CRM; further options as of python -m crm.practice --help")
        crm.add_argument("options", nargs="*", metavar="OPTION")
        s360 = verbs.add_parser("s360", help="configure the practice institution and run the practice S-360 for it")
        s360.add_argument("--console", default=settings.PRACTICE_CONSOLE_URL, help="this console (%(default)s)")
        s360.add_argument("--crm", default=settings.PRACTICE_CRM_URL, help="the practice CRM (%(default)s)")
        s360.add_argument("options", nargs="*", metavar="OPTION")
        execute = verbs.add_parser("execute", help="one execution of a running practice S-360, with an exit code")
        execute.add_argument("--s360", default=settings.PRACTICE_S360_URL, help="the practice S-360 (%(default)s)")
        execute.add_argument("--stream", choices=("contacts", "orders"), default="contacts")
        execute.add_argument("--records", type=int, default=500, help="how many to queue first (%(default)s)")

    def handle(self, *args: Any, verb: str, options: Sequence[str] = (), **given: Any) -> None:
        if verb == "crm":
            self._run_crm(options)
        elif verb == "s360":
            sys.exit(self._run_s360(given["console"], given["crm"], options))
        else:
            self._execute(given["s360"], given["stream"], given["records"])

    def _run_crm(self, options: Sequence[str]) -> None:
        os.environ.setdefault("PRACTICE_CRM_TOKEN", settings.PRACTICE_CRM_TOKEN)
        sys.argv = ["practice crm", *options]
        run_practice_crm()

    def _run_s360(self, console: str, crm: str, options: Sequence[str]) -> int:
        setup = ensure_practice_configuration(base_url=console, crm_url=crm, crm_token=settings.PRACTICE_CRM_TOKEN)
        # In this process, not on a command line: the URLs carry secrets that `ps` must not show.
        return run_practice_s360([*options, "--contacts-url", setup.contacts_url, "--orders-url", setup.orders_url])

    def _execute(self, url: str, stream: str, records: int) -> None:
        """500 records there and back; ends with an error when S-360 was not answered 200 for every one."""
        try:
            execution = run_execution_and_wait(url, stream, records)
        except httpx.HTTPError as error:
            raise CommandError(f"the practice S-360 at {url} does not answer: {error}") from error
        self.stdout.write(json.dumps(execution))
        if not execution["all_accepted"]:
            raise CommandError("not everything was accepted; the practice S-360's page and interface log say why")
