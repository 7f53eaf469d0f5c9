"""The service of watched models, built from the rooms below it."""

from dataclasses import dataclass

from steek.monitoring import Watching
from steek.monitoring.watching.pulling import Puller
from steek.platform.parts import DataPart, Ground


@dataclass(frozen=True, slots=True)
class WatchingPart:
    """Models of others."""

    watching: Watching


def watching_part(base: Ground, data: DataPart) -> WatchingPart:
    """The service of watched models."""
    url, options = base.settings.text("watch_database_url"), base.settings.lake_options
    puller = Puller(data.ingestion, base.database, base.clock, url, options, base.settings.lake_uri)
    lake = base.lake_of("watching", "monitoring")
    return WatchingPart(Watching(lake, puller, *base.state, base.project.watched, base.project.datasets))
