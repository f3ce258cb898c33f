"""Which practice servers does `make run` start? They run while no institution of a real S-360 is configured.

Asked by `manage.py prepare`; the supervisor starts what is returned like any other process. PRACTICE=off starts none.
"""

import os
from typing import TypedDict
from urllib.parse import urlsplit

from django.conf import settings

from config.supervisor.paths import VAR
from crm.services.configure.practice import is_practice_wanted

EXECUTION_SECONDS = 15  # the practice S-360's M: minutes at a real one, but nobody waits for minutes at a first look
EDITS_PER_SECOND = 1.0
# Something to put right on the first day: some contacts live in "UK", which is no ISO country code (it is GB).
REFUSED = "--refuse=country=UK"


class PracticeProcess(TypedDict):
    """`arguments` follow `manage.py`; `ready_url` is asked until it answers 200 (empty: not asked)."""

    name: str
    arguments: list[str]
    ready_url: str


def practice_processes() -> list[PracticeProcess]:
    if os.environ.get("PRACTICE") == "off" or not is_practice_wanted():
        return []
    crm, s360 = settings.PRACTICE_CRM_URL, settings.PRACTICE_S360_URL
    data = VAR / "practice"
    first = [] if (data / "s360").exists() else ["--flag-all"]  # as an initial import: everything, once
    every = [f"--every={EXECUTION_SECONDS}", f"--edit-rate={EDITS_PER_SECOND}"]
    return [
        {
            "name": "practice-crm",
            "arguments": ["practice", "crm", "--", f"--port={_port(crm)}", f"--data={data / 'crm'}", REFUSED],
            "ready_url": f"{crm}/",
        },
        {
            "name": "practice-s360",
            "arguments": ["practice", "s360", "--", f"--port={_port(s360)}", f"--data={data / 's360'}", *every, *first],
            "ready_url": f"{s360}/",
        },
    ]


def _port(url: str) -> int:
    return urlsplit(url).port or 80
