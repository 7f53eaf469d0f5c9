"""What the replay shows while it runs."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Display:
    """A bar of nights and a line that says what happens now; plain lines where there is no terminal."""

    def __init__(self, nights: int) -> None:
        self._console = Console()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._nights = self._progress.add_task("nights", total=nights)
        self._now = self._progress.add_task("starting", total=None)

    @contextmanager
    def shown(self) -> Generator[None]:
        with self._progress:
            yield

    def say(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, highlight=False)

    def now(self, text: str) -> None:
        """What is being done, replaced by the next."""
        self._progress.update(self._now, description=text)

    def night_done(self, day: date, seconds: float) -> None:
        self._progress.advance(self._nights)
        if not self._console.is_terminal:
            self.say(f"night {day} done in {seconds:.1f} s")
