"""From `python -m config.supervisor` on kept data to the first login page."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from config.supervisor.http import answers_200
from tests.benchmarks.figure import Figure, figure

NAMES = ("A.start.second_seconds",)
ROOT = Path(__file__).resolve().parents[2]
PORT = 28473
STARTS = 3


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as var:
        _start(var)  # makes the database
        seconds = sorted(_start(var) for _ in range(STARTS))
    yield figure("A.start.second_seconds", seconds[STARTS // 2], "s", at_most=15)


def _start(var: str) -> float:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    began = time.monotonic()
    console = subprocess.Popen(
        [sys.executable, "-m", "config.supervisor"],
        cwd=ROOT,
        env={**kept, "CONSOLE_VAR": var, "PORT": str(PORT), "PRACTICE": "off"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not answers_200(f"http://127.0.0.1:{PORT}/admin/login/"):
            if console.poll() is not None or time.monotonic() - began > 120:
                raise RuntimeError("the console did not start")
            time.sleep(0.05)
        return time.monotonic() - began
    finally:
        console.send_signal(signal.SIGINT)
        console.wait(30)
