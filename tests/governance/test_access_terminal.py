"""`steek access` as people read it."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from tests.real_year import real_year

from steek.cli import access
from steek.kernel.errors import InputError, RefusedError
from steek.platform import open_project

OFFICE = Path(__file__).parent.parent / "http" / "household_office"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("terminal") / "project"
    shutil.copytree(OFFICE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    platform = open_project(folder)
    columns = ("household_id", "age", "income", "home_ownership", "household_size")
    rows = pl.read_parquet(real_year() / "demographics.parquet").select(columns)
    platform.ingestion.ingest("demographics", rows, key="year", actor="till")
    platform.close()
    return folder


@pytest.mark.covers("D13", "N4")
def test_an_explanation_says_the_rule_of_every_column(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    access.explain("ana@grocer", "demographics", "research", project=project)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "ana@grocer (analyst) reads demographics for 'research': partly"
    assert "  column household_id: personal, and no policy opens it for this role and purpose [built-in]" in told
    assert any(line.startswith("  column income: mask [policy demographics to analyst #") for line in told)
    access.explain("eve", "demographics", "research", project=project)
    assert "nobody knows this principal: it has no role" in capsys.readouterr().out


@pytest.mark.covers("D13", "I12", "N4")
def test_rows_are_read_as_somebody_and_written_down(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    access.rows("demographics", "research", where="age == '65+'", limit=2, actor="ana@grocer", project=project)
    told = capsys.readouterr().out
    assert "•••" in told
    assert "household_id" not in told
    access.reads(principal="ana@grocer", project=project, as_json=True)
    (read,) = json.loads(capsys.readouterr().out)
    # At the terminal everybody is the owner too, which opens nothing personal by itself.
    assert (read["roles"], read["verdict"]) == (["analyst", "owner"], "partly")
    with pytest.raises(RefusedError, match="its policies are for other purposes: research"):
        access.rows("demographics", "marketing", actor="ana@grocer", project=project)
    access.usage_(by="user", project=project)
    assert "ana@grocer  1      1" in capsys.readouterr().out
    access.export(project=project)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["verdict"] for line in lines if line["principal"] == "ana@grocer"] == ["partly", "refused"]


@pytest.mark.covers("D13", "N4")
def test_a_token_is_printed_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    access.issue("ana@grocer", ["analyst"], "30d", key="k", actor="ed", project=project)
    secret = capsys.readouterr().out.splitlines()[-1]
    assert secret.startswith("steek_")
    access.issue("ana@grocer", ["analyst"], "30d", key="k", actor="ed", project=project)
    access.list_(project=project)
    again = capsys.readouterr().out
    assert "this key was used before" in again
    assert secret.split("_", 2)[2] not in again
    access.revoke(secret.split("_", 2)[1], key="r", actor="ed", project=project)
    assert "revoked" in capsys.readouterr().out
    with pytest.raises(InputError, match="'30' is not a duration"):
        access.issue("ana@grocer", [], "30", project=project)


@pytest.mark.covers("D13")
def test_declared_policies_and_roles_are_listed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    access.policies(project=project)
    access.roles(project=project)
    told = capsys.readouterr().out
    assert "Age and housing are studied; incomes are not." in told
    assert "help-desk" in told
