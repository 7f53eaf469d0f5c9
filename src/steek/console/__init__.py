"""The console: pages that work without JavaScript, live by server-sent events, and forms for what people do.

Flows in: the services of an opened project.
Flows out: an ASGI application; what people do in it goes to incidents and routes.
"""

from steek.console.app import build_console
from steek.console.guard import Guard

__all__ = ["Guard", "build_console"]
