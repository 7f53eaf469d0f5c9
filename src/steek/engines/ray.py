"""Work on a Ray cluster, as plain Ray Core tasks."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from steek.kernel.plugins import require

Item = TypeVar("Item")
Result = TypeVar("Result")

_RETRIES = 3


class RayEngine:
    """Tasks on a cluster; a task whose node is lost runs again elsewhere.

    Connecting takes ten seconds or more, therefore it happens at the first `map`.

    Args:
        address: Of the cluster, as `ray.init` takes it; empty starts one on this machine.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._ray: Any = None
        self._started = False

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        if not items:
            return []
        ray = self._connect()
        task = ray.remote(max_retries=_RETRIES)(function)
        waiting = [task.remote(item) for item in items]
        return [self._result(ray, reference) for reference in waiting]

    def close(self) -> None:
        if self._started:
            self._ray.shutdown()
        self._started = False

    def _connect(self) -> Any:
        self._ray = require("ray", extra="ray")
        if not self._ray.is_initialized():
            where = {"address": self._address} if self._address else {"_node_ip_address": "127.0.0.1"}
            runtime = {"env_vars": {"POLARS_MAX_THREADS": "1", "RAY_USAGE_STATS_ENABLED": "0"}}
            self._ray.init(include_dashboard=False if not self._address else None, runtime_env=runtime, **where)
            self._started = True
        return self._ray

    @staticmethod
    def _result(ray: Any, reference: Any) -> Any:
        try:
            return ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            # Ray wraps the error; callers get the one their function raised.
            raise error.cause from error
