"""A part that starts with other settings or another program than the last time says so once, without secrets."""

from pathlib import Path

import pytest

from steek.platform import note_process, open_project
from steek.platform.process_facts import code_digest


def _start(folder: Path, part: str = "work", **overrides: str) -> list[tuple[str, dict[str, object]]]:
    platform = open_project(folder, overrides=overrides)
    try:
        return [(event.kind, dict(event.payload)) for event in note_process(platform, part)]
    finally:
        platform.close()


@pytest.mark.covers("I6")
def test_a_start_tells_what_differs_from_the_last_start(tmp_path: Path) -> None:
    (tmp_path / "steek.toml").write_text('name = "small"\n')
    assert [kind for kind, _ in _start(tmp_path)] == ["settings.recorded", "binary.recorded"]
    assert _start(tmp_path) == []
    [(kind, payload)] = _start(tmp_path, commit_every_ms="400", vault_key="c2VjcmV0")
    assert (kind, payload["part"]) == ("settings.changed", "work")
    assert payload["changed"] == {"commit_every_ms": ["500", "400"], "vault_key": ["", "(hidden)"]}
    assert "c2VjcmV0" not in str(payload)
    assert [kind for kind, _ in _start(tmp_path, "console")] == ["settings.recorded", "binary.recorded"]


@pytest.mark.covers("I6")
def test_another_line_of_code_is_another_program(tmp_path: Path) -> None:
    (tmp_path / "steek.toml").write_text('name = "small"\n')
    (tmp_path / ".hidden").mkdir()
    first = code_digest(tmp_path)
    (tmp_path / ".hidden" / "data.py").write_text("x = 1\n")
    assert code_digest(tmp_path) == first
    _start(tmp_path)
    (tmp_path / "views.py").write_text("x = 1\n")
    [(kind, payload)] = _start(tmp_path)
    assert kind == "binary.changed"
    assert list(payload["changed"]) == ["project code"]  # pyright: ignore[reportArgumentType, reportCallIssue]
