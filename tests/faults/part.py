"""One part of the console as a process of its own, with a fault built in where a test asks for one.

`python -m tests.faults.part workers --count 2 --hook die_on_record=0000017`: Django is loaded once and each worker is a
fork of it, so that a worker can be killed many times a second and still do something in between.
"""

import argparse
import os
import sys

import django
from django.core.management import call_command

from config.serving import __main__ as serving
from config.serving import processes

SWEEP_SECONDS = 0.5


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("web", "workers"))
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--hook", default="", metavar="NAME[=ARGUMENT]")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if options.hook:
        from tests.faults import hooks  # noqa: PLC0415 - imports models: Django must be ready

        name, _, argument = options.hook.partition("=")
        hooks.HOOKS[name](argument)
    if options.what == "web":
        sys.argv = ["serving", "--port", str(options.port), "--processes", str(options.count)]
        serving.main()
    else:
        processes.MINIMUM_LIFE_SECONDS = 0.0
        processes.Processes(work, options.count).run()


def work() -> None:
    """`manage.py work`."""
    call_command("work", sweep_every=SWEEP_SECONDS)


if __name__ == "__main__":
    main()
