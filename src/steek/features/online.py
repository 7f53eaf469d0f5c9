"""Opening the online store that the settings name."""

from steek.features.ports import OnlineStore
from steek.features.redis_store import RedisOnlineStore
from steek.features.sqlite_store import SqliteOnlineStore
from steek.kernel.errors import SettingsError
from steek.kernel.settings import Settings


def open_online_store(settings: Settings) -> OnlineStore:
    """The online store of a project: `online.db` below data_path, or the Redis server at redis_url.

    Raises:
        SettingsError: Redis is asked for without a URL.
        MissingExtraError: the redis package is not installed.
        ResourceError: the store cannot be reached.
    """
    if settings.text("online_store") == "sqlite":
        return SqliteOnlineStore(settings.data_path / "online.db")
    url = settings.text("redis_url")
    if not url:
        message = "setting online_store is 'redis', but redis_url is empty"
        raise SettingsError(message, next_step="Set redis_url, for example redis://localhost:6379/0.")
    return RedisOnlineStore(url)
