"""The shared online store: a Redis server."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from steek.kernel.errors import ResourceError, StorageFullError
from steek.kernel.plugins import require

_PREFIX = "steek:online:v1"
_BATCH = 2000
_CONNECT_TIMEOUT_S = 2.0
_ANSWER_TIMEOUT_S = 5.0
# A request that read the pointer just before it moved finds its content for this long.
_LINGER_S = 60
# What a put that died half way leaves behind is gone after this.
_UNFINISHED_S = 3600


class RedisOnlineStore:
    """An `OnlineStore` on Redis: a hash per view and generation, and a pointer that moves when a put is complete.

    Args:
        url: For example redis://host:6379/0.
    """

    def __init__(self, url: str) -> None:
        self._redis: Any = require("redis", extra="redis")
        # One quick retry covers a connection that went stale; waiting longer is not for a request to do.
        retry = self._redis.retry.Retry(self._redis.backoff.NoBackoff(), 1)
        limits = {"socket_connect_timeout": _CONNECT_TIMEOUT_S, "socket_timeout": _ANSWER_TIMEOUT_S}
        self._client: Any = self._redis.Redis.from_url(url, retry=retry, **limits)
        with self._explained():
            self._client.ping()

    def put(self, view: str, as_of: datetime, items: Iterable[tuple[str, bytes]]) -> None:
        with self._explained():
            before = self._generation(view)
            generation = f"{_PREFIX}:{view}:{self._client.incr(f'{_PREFIX}:generation')}"
            remaining = iter(items)
            while batch := dict(islice(remaining, _BATCH)):
                with self._client.pipeline(transaction=False) as pipe:
                    pipe.hset(generation, mapping=batch)
                    pipe.expire(generation, _UNFINISHED_S)
                    pipe.execute()
            with self._client.pipeline(transaction=True) as pipe:
                pipe.persist(generation)
                pipe.hset(f"{_PREFIX}:{view}", mapping={"generation": generation, "as_of": as_of.isoformat()})
                pipe.incr(f"{_PREFIX}:epoch")
                if before is not None:
                    pipe.expire(before, _LINGER_S)
                pipe.execute()

    def get(self, view: str, keys: Sequence[str]) -> list[bytes | None]:
        with self._explained():
            generation = self._generation(view)
            if generation is None or not keys:
                return [None] * len(keys)
            return list(self._client.hmget(generation, list(keys)))

    def keys(self, view: str) -> list[str]:
        with self._explained():
            generation = self._generation(view)
            return [] if generation is None else [key.decode() for key in self._client.hkeys(generation)]

    def as_of(self, view: str) -> datetime | None:
        with self._explained():
            value = self._client.hget(f"{_PREFIX}:{view}", "as_of")
        return None if value is None else datetime.fromisoformat(value.decode())

    def epoch(self) -> int:
        with self._explained():
            return int(self._client.get(f"{_PREFIX}:epoch") or 0)

    def close(self) -> None:
        self._client.close()

    def _generation(self, view: str) -> str | None:
        value = self._client.hget(f"{_PREFIX}:{view}", "generation")
        return None if value is None else value.decode()

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except self._redis.exceptions.OutOfMemoryError as cause:
            message = f"the online store cannot grow: {cause}"
            raise StorageFullError(message, next_step="Give Redis more memory and publish again.") from cause
        except self._redis.exceptions.RedisError as cause:
            message = f"the online store did not answer: {cause}"
            raise ResourceError(message, next_step="Check redis_url and that the server runs.") from cause
