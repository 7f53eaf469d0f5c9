"""Measuring on request: what fired is told to whoever subscribes, and answered with what explains it."""

from collections.abc import Sequence

from steek.kernel.windows import Window
from steek.monitoring import Alert
from steek.platform.record import Platform


def measure_again(platform: Platform, window: Window, *, key: str, only: Sequence[str] | None = None) -> list[Alert]:
    """Measure a window; see `Monitoring.evaluate`. Alerts that changed, with what explains them."""
    return _explained(platform, platform.monitoring.evaluate(window, key=key, only=only))


def measure_due(platform: Platform, *, only: Sequence[str] | None = None) -> list[Alert]:
    """Measure what is due now; see `Monitoring.evaluate_due`. Alerts that changed, with what explains them."""
    return _explained(platform, platform.monitoring.evaluate_due(platform.clock.now(), only=only))


def _explained(platform: Platform, changed: Sequence[Alert]) -> list[Alert]:
    # What explains an alert is found on delivery, and kept with it.
    platform.subscriptions.deliver()
    return [platform.monitoring.alert(alert.id) for alert in changed]
