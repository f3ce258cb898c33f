"""Durations as people say them."""

_UNITS = ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s"))
_TENTH = 0.1
_TWO_UNITS_BELOW = 4
_SECONDS_UP_TO = 120  # "95 s" says more than "1 min"


def duration(seconds: float) -> str:
    """The largest two units that matter: "12 s", "3 min", "2 h 45 min", "3 days". Negative counts as zero."""
    whole = max(0, round(seconds))
    if 1 <= whole < _SECONDS_UP_TO:
        return f"{whole} s"
    for place, (size, name) in enumerate(_UNITS):
        if whole >= size:
            number, rest = divmod(whole, size)
            text = _spell(number, name)
            minor_size, minor = _UNITS[min(place + 1, len(_UNITS) - 1)]
            # minutes beside hours, hours beside a few days; seconds beside minutes are noise
            if name in ("h", "day") and number < _TWO_UNITS_BELOW and rest >= minor_size:
                text += f" {_spell(rest // minor_size, minor)}"
            return text
    return _below_a_second(seconds)


def _below_a_second(seconds: float) -> str:
    if seconds <= 0:
        return "0 s"
    return f"{seconds:.1f} s" if seconds >= _TENTH else f"{max(1, round(seconds * 1000))} ms"


def _spell(number: int, name: str) -> str:
    return f"{number} {name}{'s' if name == 'day' and number != 1 else ''}"
