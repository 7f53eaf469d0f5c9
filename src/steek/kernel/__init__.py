"""The ground: clock, ids, units, errors, settings, records and plug-ins.

Flows in: nothing. Flows out: the words every other room speaks. Standard library only.
"""

from steek.kernel.clock import Clock, ReplayClock, SystemClock
from steek.kernel.errors import SteekError
from steek.kernel.ids import new_id
from steek.kernel.records import canonical_json, content_hash
from steek.kernel.settings import Settings, load_settings
from steek.kernel.units import format_duration, parse_duration
from steek.kernel.urn import Urn
from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window

__all__ = [
    "Clock",
    "ReplayClock",
    "Settings",
    "SteekError",
    "SystemClock",
    "Urn",
    "Verdict",
    "Window",
    "canonical_json",
    "content_hash",
    "format_duration",
    "load_settings",
    "new_id",
    "parse_duration",
]
