"""Which practice servers does `make run` start? They run while no institution of a real S-360 is configured.

Asked by `manage.py prepare`; the supervisor starts what is returned like any other process.
"""

from typing import TypedDict


class PracticeProcess(TypedDict):
    """`arguments` follow `manage.py`; `ready_url` is asked until it answers 200 (empty: not asked)."""

    name: str
    arguments: list[str]
    ready_url: str


def practice_processes() -> list[PracticeProcess]:
    return []
