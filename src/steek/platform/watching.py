"""Watched models on an opened project: one run takes what is new, measures what is complete, and tells."""

from dataclasses import dataclass

from steek.kernel.errors import SteekError
from steek.monitoring import Alert, MonitorState, WatchRun
from steek.platform.measuring import measure_due
from steek.platform.record import Platform


@dataclass(frozen=True, slots=True)
class Watched:
    """One run over a watched model: what came in, and the alerts that fired or were resolved by it."""

    run: WatchRun
    alerts: tuple[Alert, ...]


def watch(platform: Platform, model: str, *, actor: str) -> Watched:
    """Take what is new of one watched model, then measure every window that is complete and was not measured yet.

    Raises:
        NotFoundError: no such watched model.
        InputError, UnreadableError, ContractViolationError: a source cannot be read; the rest was taken and measured.
    """
    try:
        run = platform.watching.run(model, actor=actor)
    except SteekError:
        # That nothing comes any more is for its monitors to say.
        if model in platform.watching.models:
            measure(platform, model)
        raise
    return Watched(run, tuple(measure(platform, model)))


def measure(platform: Platform, model: str) -> list[Alert]:
    """Evaluate the monitors of a watched model and of its datasets up to now, and hand on what they say."""
    names = _subjects(platform, model)
    chosen = [name for name, monitor in platform.monitoring.monitors.items() if monitor.subject in names]
    return measure_due(platform, only=chosen)


def monitors_of_watched(platform: Platform, model: str) -> list[MonitorState]:
    """How the monitors of a watched model and of its datasets stand. Raises NotFoundError."""
    names = _subjects(platform, model)
    return [state for state in platform.monitoring.monitors_state() if state.subject in names]


def _subjects(platform: Platform, model: str) -> set[str]:
    declared = platform.watching.model(model)
    datasets = (declared.predictions, declared.outcomes)
    return {str(declared.urn), *(f"dataset:{name}" for name in datasets if name)}
