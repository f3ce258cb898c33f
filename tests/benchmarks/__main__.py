"""`python -m tests.benchmarks [PREFIX] [--quick]`: one JSON list on stdout, a table on stderr, exit code 0.

Whether a goal holds is for the reader: a machine with company on it would fail a gate for no fault of the code.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from config.embedded.throw_away import throw_away_services
from tests.benchmarks.figures import Figures
from tests.benchmarks.report import write_table
from tests.benchmarks.size import FULL, QUICK, TINY


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    figures = Figures(options.prefix)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both ways to stop end the children
    out = _keep_stdout_clean()
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        # Tables are emptied again and again: never those of a server somebody named.
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        os.environ.update(_environment(var))
        os.environ.update(stack.enter_context(throw_away_services(durable=True)))
        # Django and the supervisor's paths read the environment as they are imported.
        from tests.benchmarks.programme import run_groups  # noqa: PLC0415

        try:
            run_groups(figures, options.size)
        except KeyboardInterrupt:
            sys.stderr.write("bench: stopped, what was measured so far follows\n")
    write_table(figures.all(), sys.stderr)
    json.dump([figure.as_json() for figure in figures.all()], out, indent=1)
    out.write("\n")
    out.flush()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("prefix", nargs="?", default="A", help="only figures whose names begin so, e.g. A.door")
    sizes = parser.add_mutually_exclusive_group()
    quick = "shorter loads, and 100,000 stored contacts instead of a million"
    sizes.add_argument("--quick", dest="size", action="store_const", const=QUICK, default=FULL, help=quick)
    tiny = "only to see that everything works: the figures mean nothing"
    sizes.add_argument("--tiny", dest="size", action="store_const", const=TINY, help=tiny)
    return parser.parse_args(arguments)


def _keep_stdout_clean() -> TextIO:
    """Hand back the real stdout and point descriptor 1 at stderr: whatever a child prints cannot spoil the JSON."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return out


def _environment(var: Path) -> dict[str, str]:
    return {
        "CONSOLE_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.reference.settings",
        "HTTPS_ONLY": "false",
        "ALLOW_PRIVATE_HOSTS": "true",
        "LOG_LEVEL": "WARNING",  # of this process; the console runs with what is shipped
    }


if __name__ == "__main__":
    sys.exit(main())
