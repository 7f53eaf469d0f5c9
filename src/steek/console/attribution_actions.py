"""What people ask of attributions from the console: explain the newest window of a monitor."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import quote

from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.kernel.errors import InputError
from steek.kernel.windows import Window

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]


def attribute(site: Site, path: Mapping[str, str], form: Form) -> str:
    services, name = site.services, path["name"]
    state = next((one for one in services.monitoring.monitors_state() if one.monitor == name), None)
    window = None if state is None else state.window
    days = form.get("days", "1")
    if window is None or not days.isdecimal() or not 1 <= int(days) <= 28:
        message = f"there is no window of {days[:10]} days of {name[:80]!r} to explain"
        raise InputError(message, next_step="Choose a monitor that was evaluated, and 1 to 28 days.")
    asked = Window(window.end_at - timedelta(days=int(days)), window.end_at)
    services.attributions.attribute_monitor(name, asked, key=key_of(site, form), actor=form["actor"].strip())
    return f"/slices/{quote(name, safe='')}?done=attributed#why"


ATTRIBUTION_ACTIONS: dict[str, Do] = {"/slices/{name}/attribute": attribute}
