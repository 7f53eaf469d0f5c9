"""The service: checks objectives, keeps how they stand, and answers surfaces."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from steek.kernel.clock import Clock
from steek.kernel.errors import DeclarationError, InputError, NotFoundError, SteekError
from steek.kernel.windows import Window
from steek.ledger import Database, Ledger
from steek.monitoring.monitor import Monitor
from steek.monitoring.objectives.checking import Check, Frame, apply, slots_of
from steek.monitoring.objectives.counting import COUNTED, OF_NOW, Readings, count
from steek.monitoring.objectives.exclusions import Exclusion, Exclusions
from steek.monitoring.objectives.imported import Imports
from steek.monitoring.objectives.objective import Objective
from steek.monitoring.objectives.openslo import read_openslo, write_openslo
from steek.monitoring.objectives.rows import Episode, StateRow, is_checked, read_episodes, read_slots, read_states
from steek.monitoring.objectives.slots import Seen, Slot, grid
from steek.monitoring.objectives.views import ObjectiveState, ObjectiveStory, state_of, story_of

# A catch-up after a long rest: so many slots are counted in one check, the rest in the next ones.
_MOST_COUNTED = 62
_EPISODES_SHOWN = 20
_FIRST_YEAR = 1970


class Objectives:
    """Objectives of a project; safe to share between threads and processes.

    Args:
        readings: Where events are counted.
        database: State, and the ledger's events in the same transactions.
        ledger: Where changes are told.
        clock: Processing time.
        declared: Objectives of the project by name; imported ones come from the database.
        monitors: What objectives look at, by name.

    Raises:
        DeclarationError: an objective on a monitor that there is not, or on an indicator that counts nothing.
    """

    def __init__(
        self,
        readings: Readings,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        declared: Mapping[str, Objective],
        monitors: Mapping[str, Monitor],
    ) -> None:
        self._readings = readings
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._monitors = dict(monitors)
        self._declared = {name: self._fitting(objective) for name, objective in declared.items()}
        self._imports = Imports(database, ledger, clock)
        self._exclusions = Exclusions(database, ledger, clock)

    def check(self, window: Window, *, key: str, only: Sequence[str] | None = None) -> list[ObjectiveState]:
        """Count the window for every objective, judge its period, and tell what changed.

        Each objective is one transaction; one that was checked with this key is not counted again. A new key counts the
        window again and replaces its slots. Slots that were missed before are counted too, up to 62 in one check.

        Args:
            window: Event time, e.g. a business day; objectives with a delay count what lies so far back.
            key: Idempotency key.
            only: Names of the objectives to check; None for all.

        Returns:
            How the checked objectives stand now.

        Raises:
            NotFoundError: `only` names an objective that there is not.
            InputError: a window so long ago that nothing can lie before it.
        """
        if window.start_at.year < _FIRST_YEAR:
            message = f"{window.start_at.date()} is before {_FIRST_YEAR}: nothing was promised then"
            raise InputError(message)
        frames = self._frames()
        names = sorted(frames) if only is None else [_known(frames, name) for name in only]
        for name in names:
            self._check(frames[name], window, key)
        return [self.state(name) for name in names]

    def states(self) -> list[ObjectiveState]:
        """How every objective stands, by name; undecided when it was never checked."""
        frames = self._frames()
        with self._database.reading() as connection:
            rows = read_states(connection)
            return [self._state(connection, frames[name], rows.get(name)) for name in sorted(frames)]

    def state(self, name: str) -> ObjectiveState:
        """How one objective stands. Raises NotFoundError when there is none by that name."""
        frames = self._frames()
        with self._database.reading() as connection:
            rows = read_states(connection)
            return self._state(connection, frames[_known(frames, name)], rows.get(name))

    def story(self, name: str) -> ObjectiveStory:
        """One objective over two periods: its slots, what was left of the budget after each, rules, episodes.

        Raises:
            NotFoundError: no objective by that name.
        """
        frames = self._frames()
        frame = frames[_known(frames, name)]
        with self._database.reading() as connection:
            row = read_states(connection).get(name)
            slots = slots_of(connection, frame, row.as_of) if row else []
            episodes = read_episodes(connection, objective=name, limit=_EPISODES_SHOWN)
            state = self._state(connection, frame, row)
        return story_of(state, frame, slots, episodes, self._exclusions.list(name))

    def episodes(self, ids: Sequence[str] | None = None) -> list[Episode]:
        """Times of trouble, latest first; all, or those with these ids."""
        with self._database.reading() as connection:
            return read_episodes(connection, ids=ids)

    def exclude(self, window: Window, *, objective: str | None, reason: str, actor: str, key: str) -> Exclusion:
        """Agree that a stretch of time does not count, for one objective or (None) for all; see `Exclusions.add`.

        It counts from the next check on; pages show the standing with it at once.
        """
        if objective is not None:
            _known(self._frames(), objective)
        return self._exclusions.add(window, objective=objective, reason=reason, actor=actor, key=key)

    def withdraw(self, exclusion: str, *, reason: str, actor: str) -> Exclusion:
        """Let excluded time count again; see `Exclusions.withdraw`."""
        return self._exclusions.withdraw(exclusion, reason=reason, actor=actor)

    def exclusions(self, objective: str | None = None) -> list[Exclusion]:
        """Exclusions, the latest time first, withdrawn ones too."""
        return self._exclusions.list(objective)

    def export(self, names: Sequence[str] | None = None) -> str:
        """Objectives as OpenSLO v1 documents in one YAML stream; all of them, or those named.

        Raises:
            NotFoundError: no objective by one of the names.
        """
        frames = self._frames()
        chosen = sorted(frames) if names is None else [_known(frames, name) for name in names]
        return write_openslo([(frames[name].objective, frames[name].monitor) for name in chosen])

    def take_in(self, text: str, *, actor: str, key: str) -> list[ObjectiveState]:
        """Import OpenSLO v1 documents: their objectives are checked from now on beside the declared ones.

        An imported objective of the same name is replaced. Nothing is taken in unless everything can be.

        Raises:
            UnreadableError: it is not OpenSLO v1, or has a part that steek does not know, which is named.
            DeclarationError: an objective that is impossible here, or whose name the project declares.
        """
        found = read_openslo(text)
        for objective, threshold in found:
            if objective.name in self._declared:
                message = f"objective {objective.name!r} is declared by the project; an import does not replace it"
                raise DeclarationError(message, next_step="Rename one of them, or change the project.")
            self._fitting(objective)
            threshold.require(objective, self._monitors.get(objective.monitor_name or ""))
        self._imports.put([objective for objective, _ in found], actor=actor, key=key)
        return [self.state(objective.name) for objective, _ in found]

    def retire(self, name: str, *, reason: str, actor: str) -> None:
        """Stop checking an imported objective; its history stays.

        Raises:
            NotFoundError: no imported objective by that name.
            InputError: no reason.
        """
        self._imports.remove(name, reason=reason, actor=actor)

    def _frames(self) -> dict[str, Frame]:
        known = {**self._imports.read(), **self._declared}
        return {name: Frame(one, self._monitors.get(one.monitor_name or "")) for name, one in known.items()}

    def _fitting(self, objective: Objective) -> Objective:
        name = objective.monitor_name
        if name is not None and name not in self._monitors:
            missing = NotFoundError.among("monitor", name, self._monitors)
            message = f"objective {objective.name!r}: {missing.message}"
            raise DeclarationError(message, next_step=missing.next_step)
        if objective.indicator is not None and objective.indicator.name not in COUNTED:
            message = (
                f"objective {objective.name!r}: {objective.indicator.name!r} counts no good events; those that do: "
            )
            step = "Take one of sk.slis, or watch the indicator with a Monitor and give monitor=."
            raise DeclarationError(message + ", ".join(sorted(COUNTED)), next_step=step)
        return objective

    def _check(self, frame: Frame, window: Window, key: str) -> None:
        name = frame.objective.name
        with self._database.reading() as connection:
            if is_checked(connection, key, name):
                return
        now = self._clock.now()
        counted = [self._count(frame, each, now) for each in self._due(frame, window)]
        with self._database.transaction() as connection:
            if not is_checked(connection, key, name):
                drafts = apply(connection, Check(frame, window, key, counted, now))
                self._ledger.append(connection, *drafts)

    def _due(self, frame: Frame, window: Window) -> list[Window]:
        """Slots to count: those of the window, and those missed before it; none for a monitor, which has counted."""
        spec = frame.objective.indicator
        if spec is None:
            return []
        first, last = window.start_at - frame.delay, window.end_at - frame.delay
        with self._database.reading() as connection:
            row = read_states(connection).get(frame.objective.name)
            since = last - (frame.period + 1) * frame.step
            stored = read_slots(connection, frame.objective.name, since=since, until=last)
        if spec.name in OF_NOW:
            is_newest = row is None or window.end_at >= row.as_of
            return [Window(last - frame.step, last)] if is_newest else []
        asked = _cut(Window(first, last), frame.step)
        known = {seen.slot.window.start_at: seen.slot for seen in stored}
        missed = [slot.window for slot in grid(known, frame.step, first, frame.period) if slot.tally is None]
        return [*missed, *asked][-_MOST_COUNTED:]

    def _count(self, frame: Frame, window: Window, now: datetime) -> Seen:
        spec = frame.objective.indicator
        assert spec is not None, "slots of a monitor are read"
        try:
            tally = count(self._readings, spec, window)
        except SteekError as error:
            # One promise that cannot be read must not blind the others; its slot says why.
            return Seen(Slot(window, None, f"could not be measured: {error.message}"), now)
        except ValueError as error:
            return Seen(Slot(window, None, f"what was counted is impossible: {error}"), now)
        return Seen(Slot(window, tally, "" if tally.total else "no events"), now)

    def _state(self, connection: Connection, frame: Frame, row: StateRow | None) -> ObjectiveState:
        slots = slots_of(connection, frame, row.as_of, periods=1) if row else []
        is_imported = frame.objective.name not in self._declared
        return state_of(frame, row, slots, is_imported=is_imported)


def _known(frames: Mapping[str, Frame], name: str) -> str:
    if name not in frames:
        raise NotFoundError.among("objective", name, frames)
    return name


def _cut(window: Window, step: timedelta) -> list[Window]:
    """Whole slots of a window; of one that is shorter than a slot, the slot that ends with it."""
    number = max((window.end_at - window.start_at) // step, 1)
    return [Window(window.end_at - (at + 1) * step, window.end_at - at * step) for at in range(number)][::-1]
