"""Work on a Ray cluster, as plain Ray Core tasks."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from steek.kernel.plugins import require

Item = TypeVar("Item")
Result = TypeVar("Result")

_RETRIES = 3
_THIS_MACHINE = {"_node_ip_address": "127.0.0.1", "include_dashboard": False}


class RayEngine:
    """Tasks on a cluster; a task whose node is lost runs again elsewhere.

    Connecting takes ten seconds or more, therefore it happens at the first `map`. Workers need steek installed.
    Ray sends no usage figures when it is started from here.

    Args:
        address: Of the cluster, as `ray.init` takes it; empty starts one on this machine.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._started = False

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        if not items:
            return []
        ray = self._connect()
        task = ray.remote(_call).options(max_retries=_RETRIES)
        waiting = [task.remote(function, item) for item in items]
        try:
            return ray.get(waiting)
        except ray.exceptions.RayTaskError as error:
            # Ray wraps the error; callers get the one their function raised.
            raise error.cause from error

    def close(self) -> None:
        if self._started:
            require("ray", extra="ray").shutdown()
        self._started = False

    def _connect(self) -> Any:
        ray = require("ray", extra="ray")
        if not ray.is_initialized():
            where: dict[str, Any] = {"address": self._address} if self._address else dict(_THIS_MACHINE)
            # Every task is one piece of work among many: one thread each, as many tasks as there are cores.
            ray.init(runtime_env={"env_vars": {"POLARS_MAX_THREADS": "1"}}, logging_level="warning", **where)
            self._started = True
        return ray


def _call(function: Callable[[Item], Result], item: Item) -> Result:
    return function(item)
