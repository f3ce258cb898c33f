"""`python -m sync.practice`: the practice S-360 as a process of its own, without Django."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence

from sync.practice.handle import PracticeS360


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM; then keeps its state and answers 0. 2 when it cannot start."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would print the receiver's secret URL
    try:
        s360 = build(options)
        s360.start()
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"practice S-360: {problem}\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    sys.stdout.write(f"practice S-360 at {s360.url}\n")
    sys.stdout.flush()
    stop.wait()
    s360.stop()
    return 0


def build(options: argparse.Namespace) -> PracticeS360:
    """The practice S-360 these options describe, not started yet. What is not given keeps its stored setting."""
    s360 = PracticeS360(
        seed=options.seed,
        contacts=options.contacts,
        orders=options.orders,
        data=options.data,
        host=options.host,
        port=options.port,
    )
    s360.point(contacts=options.contacts_url, orders=options.orders_url, exports=options.exports_url)
    wanted = {
        "every_seconds": options.every,
        "per_execution": options.per_run,
        "per_post": options.per_post,
        "timeout_seconds": options.timeout,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    for stream in s360.runners:
        s360.configure(stream, **given)
    if options.flag_all:
        s360.flag_all("contacts")
        s360.flag_all("orders")
    s360.edit_rate(options.edit_rate)
    return s360


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m sync.practice", description=__doc__)
    add = made.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s; it has no login, keep it local)")
    add("--port", type=int, default=0, help="port to listen on (a free one below 32768)")
    add("--data", metavar="DIR", help="keep the state in this directory")
    add("--seed", type=int, default=1, help="another seed, another population (%(default)s)")
    add("--contacts", type=int, default=2000, metavar="N", help="contacts at the start (%(default)s)")
    add("--orders", type=int, default=800, metavar="N", help="orders at the start (%(default)s)")
    add("--contacts-url", metavar="URL", help="receiver of contacts")
    add("--orders-url", metavar="URL", help="receiver of orders")
    add("--exports-url", metavar="URL", help="receiver of the data-export rows")
    add("--every", type=float, metavar="SECONDS", help="M: seconds between executions (only when told to)")
    add("--per-run", type=int, metavar="S", help="records per execution (500)")
    add("--per-post", type=int, metavar="BS", help="records per POST (50)")
    add("--timeout", type=float, metavar="SECONDS", help="how long to wait for the receiver's answer (10)")
    add("--edit-rate", type=float, default=0.0, metavar="R", help="changes a second made by itself (%(default)s)")
    add("--flag-all", action="store_true", help="queue every contact and order, as for an initial import")
    return made


if __name__ == "__main__":
    sys.exit(main())
