"""What goes wrong is said on standard error, with a next step, and ends with the status of its kind."""

import json
from pathlib import Path

import pytest
from shop_world import Shell

from steek.cli.exits import EXIT_STATUS, report_error
from steek.kernel import errors
from steek.kernel.errors import SteekError

CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SteekError)]


@pytest.mark.covers("N3")
def test_every_error_has_an_exit_status_and_none_is_left_over() -> None:
    assert {kind.code for kind in CLASSES} == set(EXIT_STATUS)
    assert {status for code, status in EXIT_STATUS.items() if code != "steek"}.isdisjoint({0, 1, 2})


@pytest.mark.covers("N3")
@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.code)
def test_every_error_says_what_and_what_next_on_standard_error(
    kind: type[SteekError], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = kind("seven is not a door", next_step="Open door 6.", details={"door": 7})
    monkeypatch.setattr("sys.argv", ["steek", "open", "7"])
    assert report_error(error) == EXIT_STATUS[kind.code]
    assert capsys.readouterr() == ("", f"error ({kind.code}): seven is not a door\n  Open door 6.\n")
    monkeypatch.setattr("sys.argv", ["steek", "open", "7", "--json"])
    report_error(error)
    out, complaint = capsys.readouterr()
    assert out == ""
    assert json.loads(complaint) == {
        "error": kind.code,
        "message": "seven is not a door",
        "next_step": "Open door 6.",
        "details": {"door": 7},
    }


CASES: list[tuple[tuple[str, ...], int, str, str]] = [
    (("models", "show", "shop_demnd"), 4, "no model named 'shop_demnd'; there are:", "'shop_demand'?"),
    (("models", "show", "shop_demand", "9"), 4, "shop_demand", "steek models"),
    (("models", "gate", "shop_demand", "9"), 4, "no gate has decided on shop_demand@9", "steek models versions"),
    (("ingest", "sales", "absent.csv"), 3, "no file 'absent.csv'", "Parquet"),
    (("ingest", "sails", "steek.toml"), 4, "no dataset named 'sails'", "Did you mean 'sales'?"),
    (("ingest", "maker_lines", "steek.toml"), 3, "derived from sales, products", "Send its inputs"),
    (("extract", "sales", "--day", "2024-03-11"), 3, "arrives from outside", "steek ingest sales FILE"),
    (("extract", "maker_lines", "--day", "yesterday"), 3, "'yesterday' is not a day", "2017-10-15"),
    (("train", "shop_demand", "--known-until", "soon"), 3, "'soon' is not a day", "2017-10-15"),
    (("train", "shop_demand", "--known-until", "2024-03-11", "--by-priority", "2"), 3, "partition_by", "as a whole"),
    (("night", "show", "2031-01-01"), 4, "the night of 2031-01-01 never began", "steek night run 2031-01-01"),
    (("night", "show", "someday"), 3, "'someday' is not a day", "2017-10-15"),
    (("monitor", "check", "someday"), 3, "'someday' is not a day", "2017-10-15"),
    (("monitor", "series", "lines out"), 4, "no monitor named 'lines out'", "Did you mean 'lines in'?"),
    (("alerts", "acknowledge", "nobody"), 4, "no alert named 'nobody'", ""),
    (("rollback", "maker_demand"), 3, "maker_demand is a fleet: say --partner NAME", "One first"),
    (("rollback", "maker_demand", "--fleet", "--to", "best"), 3, "cannot roll back to 'best'", "steek models versions"),
    (("rollback", "maker_demand", "--fleet", "--epoch", "1"), 5, "is at epoch 2, not 1", "decide anew"),
    (("deploy", "shop_guess", "1"), 6, "verdict on trained:shop_guess@1 is undecided", "approver"),
    (("deploy", "shop_demand", "7"), 4, "shop_demand", "steek models"),
    (("lineage", "up", "sales"), 3, "'sales' is not a name of the form kind:name@version", "dataset:transactions@812"),
    (("changes",), 3, "nothing was asked", "--upstream-of"),
    (("ledger", "show", "nothing"), 4, "no event with id 'nothing'", "steek ledger list"),
    (("receipt", "show", "nothing"), 4, "no receipt 'nothing'", "steek receipt list"),
    (("incident", "show", "2031-001"), 4, "no incident named '2031-001'; there are: none", ""),
    (("incident", "declare", "x", "--on", "shop_demand", "--severity", "bad"), 3, "allowed: sev1, sev2, sev3", ""),
    (("status", "--project", "/nonexistent"), 4, "no steek.toml in /nonexistent", "steek init"),
]


@pytest.mark.covers("N3")
@pytest.mark.parametrize(("words", "status", "what", "next_step"), CASES, ids=lambda value: str(value)[:60])
def test_what_people_get_wrong_is_told_with_the_next_step(
    reading: Shell, words: tuple[str, ...], status: int, what: str, next_step: str
) -> None:
    before = reading.json("ledger", "verify")
    done = reading.steek(*words, "--json")
    assert done.status == status, done.stderr
    problem = done.problem
    assert what in problem["message"]
    assert next_step in problem["next_step"]
    assert reading.json("ledger", "verify") == before


@pytest.mark.covers("N3")
def test_outside_of_any_project_the_next_step_is_init(tmp_path: Path) -> None:
    done = Shell(tmp_path).steek("status")
    assert (done.status, done.stdout) == (4, "")
    assert done.stderr == (
        f"error (not_found): no steek.toml in {tmp_path} or any folder above it\n"
        "  Run 'steek init' here, or give --project FOLDER.\n"
    )
