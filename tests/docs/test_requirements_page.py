"""The page of requirements cannot claim what no test shows."""

from pathlib import Path

import pytest
from pages import events, requirements
from pages.requirements import Requirement, Shown, TraceError

GROUPS = {"Data": [Requirement("D1", "One way in.", "partly"), Requirement("D5", "A day off is noticed.", "not yet")]}
SHOWN = [
    Shown("D1", "tests/data/test_ingestion.py", 3, "test_a"),
    Shown("D1", "tests/data/test_ingestion.py", 9, "test_b"),
]


def test_a_requirement_is_listed_with_its_state_and_its_tests() -> None:
    page = requirements.render(GROUPS, SHOWN)
    assert "| D1 | One way in. | partly | [data/test_ingestion.py](../tests/data/test_ingestion.py) (2) |" in page
    assert "| D5 | A day off is noticed. | not yet |  |" in page
    assert "2 requirements: 0 shown, 1 partly, 1 not yet." in page


@pytest.mark.parametrize(
    ("groups", "shown", "message"),
    [
        (GROUPS, [], "D1 is 'partly', but no test covers it"),
        (GROUPS, [*SHOWN, Shown("D5", "tests/t.py", 1, "test_c")], "D5 is 'not yet', but test_c covers it"),
        (GROUPS, [*SHOWN, Shown("D99", "tests/t.py", 7, "test_d")], "tests/t.py:7: test_d covers D99, which is no"),
        ({"Data": [Requirement("D1", "One way in.", "done")]}, SHOWN, "D1: state is 'done', allowed: shown, partly"),
    ],
)
def test_a_state_that_the_tests_contradict_is_an_error(
    groups: dict[str, list[Requirement]], shown: list[Shown], message: str
) -> None:
    with pytest.raises(TraceError, match=message):
        requirements.render(groups, shown)


def test_marks_are_found_on_functions_classes_and_modules(tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text(
        "import pytest\n"
        "pytestmark = [pytest.mark.postgres, pytest.mark.covers('N1')]\n"
        "@pytest.mark.covers('D1', 'D2')\n"
        "def test_one(): ...\n"
        "@pytest.mark.covers('T13')\n"
        "class TestSuite(Suite): ...\n"
        "@pytest.mark.covers('F1')\n"
        "class TestOwn:\n"
        "    @pytest.mark.covers('F2')\n"
        "    async def test_two(self): ...\n"
        "def helper(): ...\n"
    )
    found = [(shown.test, shown.requirement) for shown in requirements.collect(tmp_path, tmp_path)]
    assert found == [
        ("test_one", "N1"),
        ("test_one", "D1"),
        ("test_one", "D2"),
        ("TestSuite", "N1"),
        ("TestSuite", "T13"),
        ("test_two", "N1"),
        ("test_two", "F1"),
        ("test_two", "F2"),
    ]


def test_every_kind_of_event_needs_its_line_and_every_line_its_kind(tmp_path: Path) -> None:
    room = tmp_path / "steek" / "data"
    room.mkdir(parents=True)
    (room / "batches.py").write_text("ledger.record(Draft('batch.committed', 'dataset:d@1', 'store'))\n")
    table = tmp_path / "events.toml"
    table.write_text('[kinds]\n"batch.committed" = "Rows came in."\n')
    assert "| `batch.committed` | data | Rows came in. |" in events.render(table, tmp_path / "steek")
    table.write_text('[kinds]\n"batch.refused" = "Rows did not come in."\n')
    with pytest.raises(events.EventsError, match=r"batch\.committed: the code(.|\n)*batch\.refused: .* nobody"):
        events.render(table, tmp_path / "steek")
