"""Charts for a terminal: the same figures as on the pages, in block letters."""

from collections.abc import Sequence

_EIGHTHS = "▁▂▃▄▅▆▇█"
_PARTS = " ▏▎▍▌▋▊▉"


def sparkline_text(values: Sequence[float | None]) -> str:
    """A line of blocks, the lowest value lowest; a gap (None) is a blank, a flat series lies in the middle.

    >>> sparkline_text([1, 2, None, 8])
    '▁▂ █'
    """
    known = [value for value in values if value is not None]
    if not known:
        return " " * len(values)
    low, high = min(known), max(known)
    if high == low:
        return "".join(" " if value is None else _EIGHTHS[3] for value in values)
    step = (high - low) / (len(_EIGHTHS) - 1)
    return "".join(" " if value is None else _EIGHTHS[round((value - low) / step)] for value in values)


def bar_text(value: float, longest: float, width: int = 30) -> str:
    """One lying bar of at most `width` letters, exact to an eighth of a letter; "" for nothing.

    >>> bar_text(3, 4, 4), bar_text(0, 4)
    ('███', '')
    """
    if longest <= 0 or value <= 0:
        return ""
    eighths = max(round(value / longest * width * 8), 1)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_PARTS[rest] if rest else "")
