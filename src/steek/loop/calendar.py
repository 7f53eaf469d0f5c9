"""Business days, and which models are trained at their end."""

from datetime import date, timedelta

from steek.kernel.windows import Window
from steek.loop.services import Services
from steek.models import held_out_window, training_window


def business_day(s: Services, day: date) -> Window:
    """The window of one business day."""
    return Window.of_day(day, s.settings.day_starts_at)


def actor(night: date) -> str:
    """The name under which a night acts in the ledger."""
    return f"night {night.isoformat()}"


def nightly_models(s: Services) -> list[str]:
    """Models that are trained every night, in order of declaration."""
    return [name for name, definition in s.definitions.items() if definition.schedule.startswith("daily")]


def memory_days(s: Services, model: str, night: date) -> int:
    """How many days back from the night the oldest example of a model lies."""
    known_at = business_day(s, night).end_at
    definition = s.definitions[model]
    windows = [training_window(definition, known_at), held_out_window(definition, known_at)]
    oldest = min(window.start_at for window in windows if window is not None)
    return -((oldest - known_at) // timedelta(days=1))


def lookback_days(s: Services, view: str) -> int:
    """How many days of input one snapshot of a view reads."""
    return -(-s.views[view].lookback // timedelta(days=1))
