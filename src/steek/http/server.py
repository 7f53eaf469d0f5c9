"""Running an application until it is told to stop."""

import uvicorn
from starlette.types import ASGIApp

from steek.kernel.listening import listen

_DRAIN_S = 5


def run_app(app: ASGIApp, host: str, port: int) -> None:
    """Serve on `host:port` until SIGTERM or SIGINT.

    Raises:
        PortInUseError: another process listens there.
    """
    listener = listen(host, port, setting="port")
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, timeout_graceful_shutdown=_DRAIN_S
    )
    uvicorn.Server(config).run(sockets=[listener])
