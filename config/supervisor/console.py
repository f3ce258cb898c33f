"""What the person in front of `make run` reads: short lines, no log lines."""


def say(text: str) -> None:
    print(f"console: {text}", flush=True)  # noqa: T201 - this is the terminal


class Obstacle(Exception):  # noqa: N818 - it is shown to a person, who sees the text only
    """The console cannot start; the text is the line to show and names the way out."""
