"""Run the practice CRM as its own process: `python -m crm.practice --port 8021 --data var/practice-crm`."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from crm.practice.handle import PracticeCrm
from crm.practice.process import READY
from crm.practice.settings import Settings, UnknownSettingError
from crm.practice.tokens import DEFAULT_TOKEN


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crm.practice", description="A CRM to rehearse with.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port, printed on the first line")
    parser.add_argument("--data", type=Path, help="directory in which state survives a restart")
    parser.add_argument("--token", help="what callers must show; default: PRACTICE_CRM_TOKEN, else practice-token")
    parser.add_argument("--face-mode", choices=("per_record", "all_or_nothing"), default="per_record")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--live-edits", type=float, default=0.0, help="edits by people a second")
    parser.add_argument("--refuse", action="append", default=[], metavar="PROPERTY=VALUE", help="refuse such contacts")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Runs until SIGTERM or SIGINT. argv: without the program's name; None: the command line's."""
    parser = arguments()
    options = parser.parse_args(argv)
    token = options.token or os.environ.get("PRACTICE_CRM_TOKEN") or DEFAULT_TOKEN
    # Records are never cyclic; walking a million of them again and again would be most of the work.
    gc.set_threshold(100_000, 50, 1000)
    crm = PracticeCrm(token=token, host=options.host, port=options.port, directory=options.data)
    try:
        crm.configure(face_mode=options.face_mode, latency_ms=options.latency_ms, **_settings(options.set))
    except UnknownSettingError as error:
        parser.error(str(error))
    gc.freeze()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    for rule in options.refuse:
        name, _, value = rule.partition("=")
        crm.refuse(name, value or None, message=f'{name} "{value}" is not accepted here')
    with crm:
        sys.stdout.write(f"{READY}{crm.url}\n")
        sys.stdout.flush()
        crm.people.start_live(options.live_edits)
        done.wait()


def _settings(pairs: list[str]) -> dict[str, object]:
    kinds = {name: type(value) for name, value in Settings().as_json().items()}
    result: dict[str, object] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        result[name] = value.lower() in ("1", "true", "yes", "on") if kinds.get(name) is bool else value
    return result


if __name__ == "__main__":
    main()
