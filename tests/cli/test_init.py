"""The project that `steek init` writes works as it stands."""

import shlex
from pathlib import Path

import pytest
from shop_world import Shell


@pytest.mark.covers("N1", "D1")
def test_the_command_it_prints_works(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    begun = shell.steek("init", "my-shop", "--owner", 'O\'Brien "data": all')
    assert begun.status == 0
    noun, *words = shlex.split(begun.stdout.splitlines()[-1].removeprefix("next: steek "))
    receipt = shell.json(noun, *words)
    assert (receipt["dataset"], receipt["accepted_rows"], receipt["quarantined_rows"]) == ("orders", 2, 0)
    (monitor,) = Shell(tmp_path / "my-shop").json("monitor", "list")
    assert (monitor["monitor"], monitor["owner"]) == ("orders in all", 'O\'Brien "data": all')


@pytest.mark.covers("N3")
@pytest.mark.parametrize("folder", ["my shop", "K\u00e4se", "50%"])
def test_a_folder_that_tables_could_not_be_read_from_is_refused(tmp_path: Path, folder: str) -> None:
    done = Shell(tmp_path).steek("init", folder, "--json")
    assert (done.status, done.problem["error"]) == (3, "input")
    assert "cannot be read from" in done.problem["message"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.covers("N3")
def test_it_overwrites_nothing(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "shop.py").write_text("mine")
    done = shell.steek("init", "shop", "--json")
    assert (done.status, done.problem["error"]) == (5, "conflict")
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["shop.py"]


@pytest.mark.covers("N3")
@pytest.mark.parametrize(("folder", "what"), [("7th", "cannot name"), ("json", "is a Python module already")])
def test_a_folder_whose_name_cannot_be_imported_is_refused(tmp_path: Path, folder: str, what: str) -> None:
    done = Shell(tmp_path).steek("init", folder, "--json")
    assert done.status == 3
    assert what in done.problem["message"]
    assert list(tmp_path.iterdir()) == []
