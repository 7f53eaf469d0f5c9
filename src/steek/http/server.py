"""Running an application until it is told to stop."""

import gc

import uvicorn
from starlette.types import ASGIApp

from steek.kernel.listening import listen

_DRAIN_S = 5
# Hundreds of requests on their way are no garbage yet.
_NEW_OBJECTS = 20_000


def run_app(app: ASGIApp, host: str, port: int) -> None:
    """Serve on `host:port` until SIGTERM or SIGINT.

    Raises:
        PortInUseError: another process listens there.
    """
    listener = listen(host, port, setting="port")
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, timeout_graceful_shutdown=_DRAIN_S
    )
    # What an opened project holds stays until the end; looking through it again and again stops all requests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 50, 50)
    uvicorn.Server(config).run(sockets=[listener])
