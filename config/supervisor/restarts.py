"""When is a dead process started again, and when is it time to give up? Pure: the clock is an argument."""

import random
from dataclasses import dataclass, field

MOST_RESTARTS = 5  # of one process within the window; the sixth death ends the console with a non-zero code
WINDOW_SECONDS = 60.0
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 8.0


@dataclass(slots=True)
class Restarts:
    """The deaths of one process."""

    deaths: list[float] = field(default_factory=list)

    def next_start_at(self, now: float, *, chance: random.Random) -> float | None:
        """When to start again after a death at `now` (seconds of any clock), or None: give up."""
        self.deaths = [death for death in self.deaths if now - death < WINDOW_SECONDS]
        if len(self.deaths) >= MOST_RESTARTS:
            return None
        delay: float = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** len(self.deaths))
        self.deaths.append(now)
        return now + delay * chance.uniform(0.5, 1.0)  # jitter: processes that died together do not return together
