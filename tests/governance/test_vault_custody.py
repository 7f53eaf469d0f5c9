"""Backups bring keys back, but none that was shredded since; whatever is interrupted is finished by doing it again."""

from collections.abc import Collection
from pathlib import Path

import pytest
from sqlalchemy import select

from steek.governance import KeyCustody, KeyVault, RememberingKeyVault, subject_key_name
from steek.governance.vault.backups import export_keys, restore_keys
from steek.governance.vault.database_vault import DatabaseKeyVault
from steek.governance.vault.file_vault import FileKeyVault
from steek.governance.vault.master import MasterKey
from steek.governance.vault.tables import shredded_keys
from steek.kernel import ReplayClock
from steek.kernel.errors import InputError, UnreadableError
from steek.ledger import Database, Ledger

PHRASE = "correct horse battery staple"


@pytest.fixture
def vault(tmp_path: Path) -> FileKeyVault:
    return FileKeyVault(tmp_path / "data" / "keys.vault", MasterKey(tmp_path / "keys" / "master.key"))


@pytest.fixture
def custody(vault: FileKeyVault, database: Database, ledger: Ledger, clock: ReplayClock) -> KeyCustody:
    return KeyCustody(vault, database, ledger, clock)


def household_keys(vault: KeyVault, count: int = 5) -> list[str]:
    names = [subject_key_name(vault, "household", number) for number in range(count)]
    vault.keys(names)
    return names


@pytest.mark.covers("D15")
def test_a_lost_vault_comes_back_without_the_erased(
    tmp_path: Path, vault: FileKeyVault, custody: KeyCustody, ledger: Ledger
) -> None:
    names = household_keys(vault)
    before = vault.keys(names)
    blob = custody.backup(PHRASE, key="b", actor="ada")
    assert custody.shred(names[:2], key="erase 1", actor="service:erasure", reason="asked to") == 2
    vault.close()
    (tmp_path / "data" / "keys.vault").unlink()
    (tmp_path / "keys" / "master.key").unlink()
    restored = custody.restore(blob, PHRASE, key="r", actor="ada")
    assert (restored.restored, restored.present, restored.shredded) == (4, 0, 2)
    assert vault.keys(names, make=False) == {name: before[name] for name in names[2:]}
    # The key of the hash came back too, so names are told as before.
    assert subject_key_name(vault, "household", 4) == names[4]
    kinds = ["vault.backed_up", "keys.shredded", "vault.restored"]
    events = ledger.events()
    assert [event.kind for event in events] == kinds
    assert events[1].payload == {"keys": 2, "kinds": {"subject:household": 2}, "reason": "asked to"}
    told = str([event.payload for event in events])
    assert not any(key.hex() in told for key in before.values())
    assert custody.summary() == {"keys": 4, "kinds": {"hash": 1, "subject:household": 3}, "shredded": 2}


@pytest.mark.covers("D15")
def test_a_backup_moves_keys_to_another_kind_of_vault(vault: FileKeyVault, tmp_path: Path, database: Database) -> None:
    keys = vault.keys(household_keys(vault, 600))
    other = DatabaseKeyVault(database, MasterKey(tmp_path / "other" / "master.key"))
    blob = export_keys(vault, PHRASE)
    assert restore_keys(other, blob, PHRASE, shredded=()).restored == 601
    assert other.keys(list(keys), make=False) == keys
    assert restore_keys(other, blob, PHRASE, shredded=()).present == 601


@pytest.mark.covers("D15", "N3")
def test_a_backup_tells_nothing_and_opens_with_its_own_passphrase_only(vault: FileKeyVault) -> None:
    names = household_keys(vault)
    blob = export_keys(vault, PHRASE)
    assert not any(key in blob for key in vault.keys(names).values())
    assert not any(name.encode() in blob for name in names)
    for wrong, phrase in ((blob, PHRASE + "."), (blob[:-1], PHRASE), (blob[:40] + b"\0" + blob[41:], PHRASE)):
        with pytest.raises(UnreadableError, match="cannot be opened") as caught:
            restore_keys(vault, wrong, phrase, shredded=())
        assert phrase not in str(caught.value)
    with pytest.raises(UnreadableError, match="no backup"):
        restore_keys(vault, b"a file", PHRASE, shredded=())
    with pytest.raises(InputError, match="at least 12 letters, this one 5"):
        export_keys(vault, "short")


@pytest.mark.covers("D15")
def test_operations_with_a_known_key_write_nothing(vault: FileKeyVault, custody: KeyCustody, ledger: Ledger) -> None:
    names = household_keys(vault)
    blob = custody.backup(PHRASE, key="b", actor="ada")
    assert custody.shred(names[:2], key="s", actor="ada", reason="r") == 2
    restored = custody.restore(blob, PHRASE, key="r", actor="ada")
    events = ledger.count()
    custody.backup(PHRASE, key="b", actor="ada")
    assert custody.shred(names[:2], key="s", actor="ada", reason="r") == 2
    assert custody.restore(blob, PHRASE, key="r", actor="ada") == restored
    assert ledger.count() == events


class _Dying(KeyboardInterrupt):
    pass


@pytest.mark.covers("D15", "D17")
@pytest.mark.parametrize("after", [False, True])
def test_a_shredding_that_was_killed_is_finished_and_spares_a_newer_key(
    vault: FileKeyVault,
    custody: KeyCustody,
    database: Database,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
) -> None:
    names = household_keys(vault)
    blob = export_keys(vault, PHRASE)
    shred = vault.shred

    def dying(doomed: Collection[str]) -> int:
        if after:
            shred(doomed)
        raise _Dying

    monkeypatch.setattr(vault, "shred", dying)
    with pytest.raises(_Dying):
        custody.shred(names[:3], key="s", actor="ada", reason="r")
    monkeypatch.undo()
    assert ledger.count() == 0
    # Condemned is condemned, whether or not it was done yet.
    assert len(custody.shredded()) == 3
    fresh = vault.key(names[0]) if after else None
    assert custody.shred(names[:3], key="s", actor="ada", reason="r") == 3
    assert vault.find(names[0]) == fresh
    assert [vault.find(name) for name in names[1:3]] == [None, None]
    assert [event.kind for event in ledger.events()] == ["keys.shredded"]
    with database.reading() as connection:
        assert None not in connection.execute(select(shredded_keys.c.shredded_at)).scalars().all()
    assert restore_keys(vault, blob, PHRASE, shredded=custody.shredded()).shredded == 3
    assert vault.find(names[0]) == fresh


@pytest.mark.covers("D15")
def test_a_key_shredded_while_a_backup_comes_back_stays_gone(
    vault: FileKeyVault, custody: KeyCustody, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = household_keys(vault)
    blob = custody.backup(PHRASE, key="b", actor="ada")
    put = vault.put

    def racing(keys: dict[str, bytes]) -> int:
        custody.shred(names[:1], key="s", actor="ada", reason="r")
        return put(keys)

    monkeypatch.setattr(vault, "put", racing)
    custody.restore(blob, PHRASE, key="r", actor="ada")
    assert vault.find(names[0]) is None
    assert vault.find(names[1]) is not None


@pytest.mark.covers("D15")
def test_whoever_shreds_a_key_no_backup_brings_it_back(
    vault: FileKeyVault, custody: KeyCustody, database: Database, clock: ReplayClock, ledger: Ledger
) -> None:
    names = household_keys(vault)
    blob = custody.backup(PHRASE, key="b", actor="ada")
    outer = RememberingKeyVault(vault, database, clock)
    assert outer.shred([*names[:2], "never"]) == 2
    assert outer.shred(names[:2]) == 0
    assert custody.restore(blob, PHRASE, key="r", actor="ada").shredded == 2
    assert [vault.find(name) is None for name in names] == [True, True, False, False, False]
    assert custody.summary()["shredded"] == 2
    # A later key of the same name is another key, and a later backup may bring it back.
    fresh = outer.key(names[0])
    later = custody.backup(PHRASE, key="b2", actor="ada")
    vault.shred([names[0]])
    custody.restore(later, PHRASE, key="r2", actor="ada")
    assert vault.find(names[0]) == fresh
