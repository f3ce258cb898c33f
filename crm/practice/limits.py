"""The CRM's own call limits: a window of ten seconds and a quota for the day."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from crm.practice.settings import Settings

WINDOW_S = 10.0
DAY_S = 86_400.0


class Limits:
    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: deque[float] = deque()
        self._day = 0
        self._today = 0

    def take(self) -> str | None:
        """Count a call. None, or the policy it breaks: TEN_SECONDLY_ROLLING or DAILY."""
        now = self._clock()
        with self._lock:
            self._roll(now)
            if self._settings.calls_per_day and self._today >= self._settings.calls_per_day:
                return "DAILY"
            if self._settings.calls_per_10s and len(self._recent) >= self._settings.calls_per_10s:
                return "TEN_SECONDLY_ROLLING"
            self._today += 1
            if self._settings.calls_per_10s:
                self._recent.append(now)
            return None

    def _roll(self, now: float) -> None:
        while self._recent and self._recent[0] <= now - WINDOW_S:
            self._recent.popleft()
        if int(now // DAY_S) != self._day:
            self._day, self._today = int(now // DAY_S), 0

    def headers(self) -> dict[str, str]:
        """HubSpot's headers; the account's usual figures where nothing is enforced."""
        limit = self._settings.calls_per_10s or 190
        daily = self._settings.calls_per_day or 650_000
        return {
            "X-HubSpot-RateLimit-Max": str(limit),
            "X-HubSpot-RateLimit-Remaining": str(max(0, limit - len(self._recent))),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Daily": str(daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, daily - self._today)),
        }
