"""How long `make run` takes on its second start, until a person sees the first page."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.supervisor.http import answers_200
from config.supervisor.paths import ROOT
from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.hub import Hub, wait_for
from tests.benchmarks.size import Size
from tests.config.serving_support import free_port

FIRST_START_SECONDS = 120.0
STOP_SECONDS = 30.0
# What this run set for itself must not reach a console that brings its own servers.
OWN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DJANGO_SETTINGS_MODULE", "CONSOLE_VAR")


def measure(figures: Figures, hub: Hub, size: Size) -> None:
    """What `make run` becomes once the virtual environment is there, practice servers included; the sign-in page is the
    page asked for."""
    with tempfile.TemporaryDirectory(prefix="bench-run-") as var:
        first = seconds_to_first_page(Path(var))
        second = seconds_to_first_page(Path(var))
    figures.add("A.run.first_start_s", first, "s", better="lower")
    figures.add("A.run.second_start_s", second, "s", goal=Goal(value=15, better="lower"))


def seconds_to_first_page(var: Path) -> float:
    """Start a console in this directory, wait for its first page, stop it. Infinite when there is none."""
    port = free_port()
    began = time.monotonic()
    with console(var, port) as process:
        url = f"http://127.0.0.1:{port}/admin/login/"
        seen = wait_for(lambda: process.poll() is not None or answers_200(url), seconds=FIRST_START_SECONDS)
        return time.monotonic() - began if seen and process.poll() is None else float("inf")


@contextmanager
def console(var: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: value for name, value in os.environ.items() if name not in OWN}
    environment |= {"CONSOLE_VAR": str(var), "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "config.supervisor"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
