"""`python -m sync.practice.push http://127.0.0.1:8361`: one execution of a running practice S-360, and an exit code.

For scripts: 0 when the receiver accepted everything, 1 when it refused something, 2 when the practice S-360 could
not be asked.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import httpx


def run_execution_and_wait(
    practice_url: str, stream: str = "contacts", records: int = 500, timeout_seconds: float = 120.0
) -> dict[str, Any]:
    """Flag the first `records`, execute once, and answer the execution. Raises httpx.HTTPError."""
    with httpx.Client(
        base_url=f"{practice_url.rstrip('/')}/_practice", timeout=timeout_seconds, trust_env=False
    ) as s360:
        s360.post(f"/flag/{stream}", json={"first": records}).raise_for_status()
        answer = s360.post(f"/execute/{stream}", json={}).raise_for_status()
    execution: dict[str, Any] = answer.json()
    return execution


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sync.practice.push", description=__doc__)
    parser.add_argument("practice_url", help="where the practice S-360 listens")
    parser.add_argument("--stream", choices=("contacts", "orders", "exports"), default="contacts")
    parser.add_argument("--records", type=int, default=500, help="how many to queue first (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        execution = run_execution_and_wait(options.practice_url, options.stream, options.records)
    except httpx.HTTPError as problem:
        sys.stderr.write(f"practice S-360 at {options.practice_url}: {problem}\n")
        return 2
    counters = ("succeeded", "warnings", "errors", "timeouts", "not_processed")
    said = ", ".join(f"{name} {execution[name]}" for name in counters)
    sys.stdout.write(f"{said} in {execution['seconds']:.2f} s\n")
    return 0 if execution["all_accepted"] and execution["taken"] else 1


if __name__ == "__main__":
    sys.exit(main())
