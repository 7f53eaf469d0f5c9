"""Series that go in and out of their bounds: one alert that says so, instead of one each time."""

from collections.abc import Sequence
from dataclasses import dataclass

from steek.kernel.verdict import Verdict

# Windows that showed something, of which the last so many are looked at.
_REMEMBERED = 10
# So many times out of its bounds among them is flapping.
_TURNS = 2
# A flapping alert ends after so many calm windows in a row.
CALM_WINDOWS = 3


@dataclass(frozen=True, slots=True)
class Flapping:
    """How often a series left its bounds in the last `windows` windows, and for how many it has been calm since."""

    turns: int
    windows: int
    calm: int

    @property
    def is_flapping(self) -> bool:
        return self.turns >= _TURNS

    @property
    def is_over(self) -> bool:
        return self.calm >= CALM_WINDOWS

    @property
    def text(self) -> str:
        """In words.

        >>> flapping_of([Verdict.FAIL, Verdict.PASS, Verdict.FAIL]).text
        'flapping: left its bounds 2 times in 3 windows'
        """
        said = f"left its bounds {self.turns} times in {self.windows} windows"
        calm = f", calm for {self.calm} of the {CALM_WINDOWS} windows it takes to end" if self.calm else ""
        return f"flapping: {said}{calm}"


def flapping_of(verdicts: Sequence[Verdict]) -> Flapping:
    """From the verdicts of one series, oldest first; those that showed nothing do not count.

    Nagios looks at the share of changes among the last 21 checks; windows are days as often as minutes, so fewer
    and plainer are looked at here: how often it went from well to broken.
    """
    shown = [verdict for verdict in verdicts if verdict in (Verdict.PASS, Verdict.FAIL)][-_REMEMBERED:]
    failed = [verdict is Verdict.FAIL for verdict in shown]
    turns = sum(now and (index == 0 or not failed[index - 1]) for index, now in enumerate(failed))
    calm = next((back for back, bad in enumerate(reversed(failed)) if bad), len(failed))
    return Flapping(turns, len(shown), calm)
