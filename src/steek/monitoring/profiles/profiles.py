"""The service: catches up with tables as they grow, and answers from what it stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from steek.data import Lake
from steek.engines import Engine
from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError
from steek.kernel.windows import Window
from steek.ledger import Database, Ledger
from steek.monitoring.profiles import rows
from steek.monitoring.profiles.catching_up import CatchingUp, Caught
from steek.monitoring.profiles.comparing import ColumnChange, compare, counting_columns
from steek.monitoring.profiles.edges import ColumnEdges
from steek.monitoring.profiles.merging import merge
from steek.monitoring.profiles.outside import OutsideSketch, outside_rows
from steek.monitoring.profiles.profile import Profile, summaries
from steek.monitoring.profiles.rows import Part, ProfileWindow, Run
from steek.monitoring.profiles.sources import Subjects
from steek.monitoring.profiles.storing import Stored, pieces, scan_stored
from steek.monitoring.profiles.table import WHOLE


@dataclass(frozen=True, slots=True)
class ProfileState:
    """How far the profiles of something are.

    Args:
        what: What is profiled.
        windows: Windows that have a profile.
        slices: Slices ever seen.
        first_at, last_at: Start of the first window and end of the last; None without any.
        version: The last version of the source that was profiled; None before the first.
        behind: Versions of the source that are not profiled yet.
        note: What people should know of the last run; None for nothing.
    """

    what: str
    windows: int
    slices: int
    first_at: datetime | None
    last_at: datetime | None
    version: int | None
    behind: int
    note: str | None


class Profiles:
    """Profiles of a project; safe to share between threads and processes.

    Args:
        lake: Where the rows are, and where profiles are kept as tables `profiles.<what>`.
        database: State, and the ledger's events in the same transactions.
        ledger: Where it is told what was profiled.
        clock: Processing time.
        engine: Where many pieces of work run.
        subjects: What can be profiled.
    """

    def __init__(
        self, lake: Lake, database: Database, ledger: Ledger, clock: Clock, engine: Engine, subjects: Subjects
    ) -> None:
        self._lake = lake
        self._database = database
        self._subjects = subjects
        self._catching_up = CatchingUp(lake, database, ledger, clock, engine, subjects)

    def names(self) -> list[str]:
        """Everything that can be profiled."""
        return self._subjects.names()

    def catch_up(self, what: str | None = None, *, actor: str = "steek") -> list[Caught]:
        """Profile every version of the table that was not profiled yet, each exactly once.

        May be killed at any moment and called again, by several processes at once: a run is written down before
        anything is read, and its rows come into the lake once by its key. Late rows add a part to their window; a
        version that replaces rows replaces the profiles of their windows.

        Args:
            what: What to catch up with; None for everything.
            actor: Who asked.

        Returns:
            One for each run, none where nothing was new.

        Raises:
            NotFoundError: there is no such thing.
        """
        names = self.names() if what is None else [self._known(what)]
        return [caught for name in names for caught in self._catching_up.run(name, actor=actor)]

    def read(self, what: str, window: Window, slice: str | None = None) -> Profile | None:
        """The profile of a stretch of time: the merge of all windows that start in it.

        Args:
            what: What was profiled.
            window: Any stretch; parts of a window are not told apart.
            slice: "store_id=367"; None is the whole.

        Returns:
            None where nothing of that slice was profiled in the stretch.

        Raises:
            NotFoundError: there is no such thing.
        """
        found = self.read_many(what, [window], slice)
        return found[0]

    def read_many(self, what: str, windows: Sequence[Window], slice: str | None = None) -> list[Profile | None]:
        """As `read`, of several stretches that may overlap, reading the table once."""
        stored = self._stored(what, _hull(windows), slice)
        return [self._profile(what, stored, window, slice) for window in windows]

    def read_slices(self, what: str, window: Window, slices: Sequence[str] | None = None) -> dict[str | None, Profile]:
        """The profiles of many slices of a stretch of time; None as a key is the whole.

        Args:
            what: What was profiled.
            window: Any stretch.
            slices: Which; None for all, and the whole.
        """
        parts, edges = self._parts(what, window)
        if not parts:
            return {}
        wanted = None if slices is None else list(slices)
        merged = merge(pieces(scan_stored(self._lake, what, window, parts, wanted))).frame
        profiles: dict[str | None, Profile] = {}
        for (name,), part in merged.partition_by("slice", as_dict=True, maintain_order=True).items():
            columns = summaries(part, edges)
            label = str(name) or None
            profiles[label] = Profile(what, window, label, max(one.rows for one in columns.values()), columns)
        return profiles

    def windows(self, what: str) -> list[ProfileWindow]:
        """Windows that have a profile, oldest first."""
        with self._database.reading() as connection:
            parts = rows.read_parts(connection, self._known(what))
        found: dict[datetime, ProfileWindow] = {}
        for part in parts:
            before = found.get(part.window.start_at)
            count, told, slices = (0, 0, 0) if before is None else (before.parts, before.rows, before.slices)
            found[part.window.start_at] = ProfileWindow(
                part.window, told + part.rows, max(slices, part.slices), count + 1, part.at
            )
        return list(found.values())

    def slices(self, what: str) -> list[str]:
        """Slices ever seen, by name."""
        with self._database.reading() as connection:
            return rows.read_slices(connection, self._known(what))

    def states(self) -> list[ProfileState]:
        """How far the profiles of everything are."""
        return [self._state(name) for name in self.names()]

    def compare(
        self, what: str, window_a: Window, window_b: Window, slice: str | None = None
    ) -> tuple[ColumnChange, ...]:
        """What changed from one stretch of time to another, the largest change first.

        Raises:
            NotFoundError: there is no such thing, or nothing was profiled in one of the stretches.
        """
        spans = [window_a, window_b]
        stored = self._stored(what, _hull(spans), slice)
        before, after = (self._profile(what, stored, window, slice) for window in spans)
        for window, found in ((window_a, before), (window_b, after)):
            if found is None:
                message = f"{what} has no profile of {slice or 'the whole'} from {window.start_at} to {window.end_at}"
                raise NotFoundError(message, next_step=f"'steek profile show {what}' lists its windows.")
        assert before is not None and after is not None  # noqa: PT018
        counting = counting_columns(
            pl.concat([stored.within(window) for window in spans]).unique(["column", "window_start"])
        )
        return compare(before, after, counting)

    def merge_in(
        self, what: str, window: Window, sketches: Sequence[OutsideSketch], *, key: str, actor: str = "steek"
    ) -> Run:
        """Add what was computed elsewhere, by Spark for example, to the profile of a window.

        Args:
            what: What is profiled.
            window: One window of it.
            sketches: One a column.
            key: Idempotency key.
            actor: Who brings them.

        Raises:
            NotFoundError: there is no such thing.
            InputError: bytes that are no sketch, or a window that is not one of `what`.
        """
        spec = self._subjects.spec(self._known(what))
        return self._catching_up.add(what, outside_rows(spec, window, sketches), key=key, actor=actor)

    def _known(self, what: str) -> str:
        names = self.names()
        if what not in names:
            raise NotFoundError.among("profile", what, names)
        return what

    def _parts(self, what: str, span: Window) -> tuple[list[Part], dict[tuple[str, int], ColumnEdges]]:
        self._known(what)
        with self._database.reading() as connection:
            return rows.read_parts(connection, what, span), rows.read_edges(connection, what)

    def _stored(self, what: str, span: Window, slice: str | None) -> Stored:
        parts, edges = self._parts(what, span)
        if not parts:
            return Stored(None, edges)
        return Stored(scan_stored(self._lake, what, span, parts, [slice or WHOLE]).collect(), edges)

    def _profile(self, what: str, stored: Stored, window: Window, slice: str | None) -> Profile | None:
        frame = merge([stored.within(window)]).frame
        if not frame.height:
            return None
        columns = summaries(frame, stored.edges)
        return Profile(what, window, slice, max(one.rows for one in columns.values()), columns)

    def _state(self, what: str) -> ProfileState:
        windows = self.windows(what)
        with self._database.reading() as connection:
            version = rows.profiled_until(connection, what)
            last = rows.last_run(connection, what)
            slices = len(rows.read_slices(connection, what))
        return ProfileState(
            what=what,
            windows=len(windows),
            slices=slices,
            first_at=windows[0].window.start_at if windows else None,
            last_at=windows[-1].window.end_at if windows else None,
            version=version,
            behind=len(self._catching_up.new_versions(what)),
            note=None if last is None else last.note,
        )


def _hull(windows: Sequence[Window]) -> Window:
    return Window(min(each.start_at for each in windows), max(each.end_at for each in windows))
