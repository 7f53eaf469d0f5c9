"""Help answers at once and says where to go."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from shop_world import Shell

from steek.cli.root import NOUNS

HEAVY = {"polars", "sqlalchemy", "fastapi", "uvicorn", "dbos", "numpy", "deltalake", "httpx", "rich", "yaml"}
LOADED = """
import json, sys
from steek.cli import main
sys.argv = ["steek", "--help"]
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture
def nowhere(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.mark.covers("N1")
def test_help_loads_none_of_the_rooms() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert HEAVY.isdisjoint(loaded)
    assert [
        name for name in loaded if name.startswith("steek.") and not name.startswith(("steek.cli", "steek.kernel"))
    ] == []


@pytest.mark.covers("N1")
def test_the_first_page_names_every_noun() -> None:
    done = subprocess.run([sys.executable, "-m", "steek", "--help"], capture_output=True, text=True, check=True)
    assert all(f"  {noun} " in done.stdout for noun in NOUNS)
    assert done.stderr == ""


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_has_help_without_a_project(nowhere: Shell, noun: str) -> None:
    done = nowhere.steek(noun, "--help")
    assert (done.status, done.stderr) == (0, "")
    assert "Usage: steek " in done.stdout


@pytest.mark.covers("N3")
def test_an_unknown_noun_names_the_nearest(nowhere: Shell) -> None:
    done = nowhere.steek("incidents", "list")
    assert (done.status, done.stdout) == (2, "")
    assert "no noun named 'incidents'; there are: access, alerts," in done.stderr
    assert "Did you mean 'incident'?" in done.stderr


@pytest.mark.covers("N3")
def test_an_unknown_verb_names_the_nearest(nowhere: Shell) -> None:
    done = nowhere.steek("incident", "declair")
    assert (done.status, done.stdout) == (2, "")
    assert "Did you mean 'declare'" in done.stderr


def test_the_version_is_that_of_the_package(nowhere: Shell) -> None:
    done = nowhere.steek("--version")
    assert (done.status, done.stdout) == (0, "0.1.0\n")
