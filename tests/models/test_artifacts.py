"""Artifacts: whole or absent, never half, and checked at every read."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from steek.kernel.errors import DamagedArtifactError, NotFoundError, StorageFullError
from steek.models import ArtifactStore


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_name_of_an_artifact_is_its_checksum(artifacts: ArtifactStore) -> None:
    data = b"some model"
    assert artifacts.put(data) == hashlib.sha256(data).hexdigest()
    assert artifacts.get(hashlib.sha256(data).hexdigest()) == data


def test_the_same_bytes_twice_are_one_file(artifacts: ArtifactStore, tmp_path: Path) -> None:
    assert artifacts.put(b"model") == artifacts.put(b"model")
    assert len(_files(tmp_path / "artifacts")) == 1


@pytest.mark.covers("M3", "V1", "V5", "N3")
@pytest.mark.parametrize("damage", ["truncated", "changed"])
def test_a_damaged_artifact_is_not_handed_out(artifacts: ArtifactStore, tmp_path: Path, damage: str) -> None:
    sha256 = artifacts.put(b"tree\nversion=v4\n")
    (path,) = _files(tmp_path / "artifacts")
    path.write_bytes(b"tree\n" if damage == "truncated" else b"tree\nversion=v5\n")
    with pytest.raises(DamagedArtifactError, match=f"{sha256[:12]}… is damaged") as caught:
        artifacts.get(sha256)
    assert "Roll back" in caught.value.next_step


def test_putting_a_damaged_artifact_again_mends_it(artifacts: ArtifactStore, tmp_path: Path) -> None:
    sha256 = artifacts.put(b"model")
    (path,) = _files(tmp_path / "artifacts")
    path.write_bytes(b"")
    artifacts.put(b"model")
    artifacts.verify(sha256)


def test_a_missing_artifact_says_what_to_do(artifacts: ArtifactStore) -> None:
    with pytest.raises(NotFoundError, match="no artifact 0000") as caught:
        artifacts.get("0" * 64)
    assert "backup" in caught.value.next_step


@pytest.mark.covers("N3")
def test_a_full_disk_leaves_nothing_behind(
    artifacts: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFullError, match="no space for an artifact of 5 bytes"):
        artifacts.put(b"model")
    assert _files(tmp_path / "artifacts") == []
