"""Importing steek does nothing: no network, no file, no environment, nothing slow."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROBE = Path(__file__).with_name("import_probe.py")
SLOW = {"polars", "numpy", "sqlalchemy", "deltalake", "fastapi", "altair", "vl_convert", "dbos", "lightgbm", "alembic"}


def probe(statement: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-I", str(PROBE), statement], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.covers("N3")
def test_importing_steek_touches_nothing() -> None:
    seen = probe("import steek")
    assert seen["acts"] == []
    assert seen["environment"] == []
    assert seen["third_party"] == []


def test_the_probe_sees_what_it_looks_for(tmp_path: Path) -> None:
    seen = probe(
        f"import os, socket, sqlalchemy; os.environ.get('STEEK_PORT'); open({str(tmp_path / 'x')!r}, 'w').close();"
        "socket.socket().close()"
    )
    assert {act.split(" ")[0] for act in seen["acts"]} == {"open", "socket.__new__"}
    assert "STEEK_PORT" in seen["environment"]
    assert "sqlalchemy" in seen["third_party"]


def test_a_name_loads_its_own_room_and_none_above_it() -> None:
    seen = probe("import steek as sk; sk.SteekError")
    assert seen["third_party"] == []
    assert set(seen["rooms"]) == {"kernel"}


def test_help_loads_nothing_slow() -> None:
    seen = probe("import sys; sys.argv = ['steek', '--help']; from steek.cli import main; main()")
    assert SLOW & set(seen["third_party"]) == set()
    assert set(seen["rooms"]) <= {"kernel", "cli"}
