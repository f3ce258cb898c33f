"""`manage.py configure FILE.toml`: institutions, webhooks, CRM connections, policies and mapping from one file."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm.services.configure import (
    ConfigurationError,
    ConfigurePlan,
    PlanOutdatedError,
    WebhookUrl,
    apply_plan,
    build_plan,
    read_configuration_file,
)
from crm.services.configure.report import plan_as_json, plan_lines, problems_as_json, urls_as_json

EXIT_REFUSED = 1  # 2 is argparse's own: wrong arguments
EXIT_WOULD_CHANGE = 3
_EPILOG = """\
Exit codes: 0 applied, or nothing to change; 1 the file was refused and nothing was applied; 2 wrong arguments;
3 dry run that found something to change. A commented sample is docs/sample-configuration.toml.
"""


class Command(BaseCommand):
    help = "Bring institutions, webhooks, CRM connections, field policies and mapping to what a file describes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = _EPILOG
        parser.add_argument("file", type=Path, help="TOML file; secrets in it are references to the environment")
        parser.add_argument("--dry-run", action="store_true", help="show the plan and change nothing")
        parser.add_argument("--json", action="store_true", help="plan, URLs and errors as one JSON object")
        parser.add_argument("--base-url", default="", help="public address of this console, for the webhook URLs")
        parser.add_argument(
            "--rotate",
            action="append",
            default=[],
            metavar="INSTITUTION/NAME",
            help="give this webhook a new URL; the old one stays valid for a while",
        )
        parser.add_argument("--actor", default="", help="who does it, for the audit; default: the account running this")
        parser.add_argument("--reason", default="", help="why, for the audit")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            plan = build_plan(read_configuration_file(options["file"]), rotate=options["rotate"])
            self._act(plan, options)
        except (ConfigurationError, PlanOutdatedError) as error:
            self._refuse(error, as_json=options["json"])

    def _act(self, plan: ConfigurePlan, options: dict[str, Any]) -> None:
        if not options["json"]:
            for line in plan_lines(plan):
                self.stdout.write(line)
        base_url = (options["base_url"] or plan.configuration.base_url).rstrip("/")
        urls: tuple[WebhookUrl, ...] = ()
        if not options["dry_run"]:
            urls = apply_plan(plan, actor=options["actor"] or _account(), reason=options["reason"])
        if options["json"]:
            self._write_json(plan, urls, base_url, applied=not options["dry_run"])
        else:
            self._write_urls(urls, base_url)
        if options["dry_run"] and not plan.is_empty:
            sys.exit(EXIT_WOULD_CHANGE)

    def _write_json(self, plan: ConfigurePlan, urls: tuple[WebhookUrl, ...], base_url: str, *, applied: bool) -> None:
        answer = {**plan_as_json(plan), "applied": applied, "urls": urls_as_json(urls, base_url)}
        self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))

    def _write_urls(self, urls: tuple[WebhookUrl, ...], base_url: str) -> None:
        if not urls:
            return
        self.stdout.write("\nEnter these URLs in S-360. They hold a secret and are shown this once:")
        for url in urls:
            self.stdout.write(f"  {url.institution} {url.name}: {base_url}{url.path}")
        if not base_url:
            self.stdout.write(
                '  Put the console\'s public address before them (base_url = "https://..." or --base-url).'
            )

    def _refuse(self, error: ConfigurationError | PlanOutdatedError, *, as_json: bool) -> None:
        if as_json:
            problems = problems_as_json(error) if isinstance(error, ConfigurationError) else [{"message": str(error)}]
            self.stdout.write(json.dumps({"applied": False, "errors": problems}, indent=2, ensure_ascii=False))
        else:
            lines = error.problems if isinstance(error, ConfigurationError) else (error,)
            for line in lines:
                self.stderr.write(f"error: {line}")
            self.stderr.write("Nothing was changed.")
        sys.exit(EXIT_REFUSED)


def _account() -> str:
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a container may run under a number without a name
        return "command line"
