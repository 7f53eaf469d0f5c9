"""The engine a project asks for."""

from steek.engines.local import LocalEngine
from steek.engines.ports import Engine
from steek.engines.ray import RayEngine
from steek.kernel.settings import Settings


def open_engine(settings: Settings) -> Engine:
    """The engine named by the settings; nothing starts before it is used."""
    if settings.text("engine") == "ray":
        return RayEngine(settings.text("ray_address"))
    return LocalEngine(settings.number("engine_workers"))
