"""Migrations and the first admin user, in one short-lived Django process before anything else starts."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

from config.embedded.process import tail
from config.supervisor.console import Obstacle
from config.supervisor.paths import LOGS, ROOT
from config.supervisor.processes import Preparation


def prepare(environment: dict[str, str], *, stopping: Callable[[], bool]) -> Preparation | None:
    """Run `manage.py prepare`; None when `stopping()` became true meanwhile. Raises Obstacle."""
    log = LOGS / "prepare.log"
    with log.open("wb") as errors:
        child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", sys.executable, "manage.py", "prepare"],  # noqa: S607 - from the system
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            cwd=ROOT,
            env={**os.environ, **environment},
            text=True,
        )
    while child.poll() is None:
        if stopping():
            child.kill()
            child.communicate()
            return None
        time.sleep(0.05)
    said, _ = child.communicate()
    if child.returncode:
        raise Obstacle(f"the database could not be prepared:\n{tail(log)}")
    return Preparation(**json.loads(said.splitlines()[-1]))
