from typing import Any

import pytest

from steek.kernel.errors import DeclarationError
from steek.monitoring import Monitor, explicit, join_matched, learned, outcome_hit_rate, volume


def monitor(**changes: Any) -> Monitor:
    fields: dict[str, Any] = {
        "name": "joins",
        "indicator": join_matched("partner_lines"),
        "threshold": learned(),
        "on": "partner_lines",
        "owner": "data@grocer",
    }
    return Monitor(**(fields | changes))


@pytest.mark.parametrize(
    ("on", "subject"),
    [
        ("partner_lines", "dataset:partner_lines"),
        ("partner_demand", "model:partner_demand"),
        ("dataset:products", "dataset:products"),
    ],
)
def test_a_monitor_is_about_its_target_or_about_who_suffers(on: str, subject: str) -> None:
    assert monitor(on=on).subject == subject


@pytest.mark.parametrize(
    ("changes", "severity"), [({}, "sev3"), ({"purpose": "page"}, "sev2"), ({"declare": "sev1"}, "sev1")]
)
def test_severity_follows_from_what_was_declared(changes: dict[str, Any], severity: str) -> None:
    assert monitor(**changes).severity == severity


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"purpose": "wake"}, "purpose of monitor joins is 'wake'; allowed: chart, alert, page"),
        ({"declare": "sev9"}, "declare of monitor joins is 'sev9'; allowed: sev1, sev2, sev3"),
        ({"name": ""}, "needs a name of 1 to 120 characters, not ''"),
        ({"purpose": "chart", "declare": "sev2"}, "is for charts only, yet declares sev2 incidents"),
    ],
)
def test_an_impossible_monitor_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        monitor(**changes)


def test_an_impossible_threshold_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"explicit\(\) bounds nothing"):
        explicit()
    with pytest.raises(DeclarationError, match="leaves no value that is well"):
        explicit(lower=2, upper=1)
    with pytest.raises(DeclarationError, match="cannot work"):
        learned(width=0)
    with pytest.raises(DeclarationError, match="cannot work"):
        learned(min_history=2)
    season: Any = "month"
    with pytest.raises(DeclarationError, match="season is 'month'; allowed: None, 'day', 'week', 'hour of week'"):
        learned(season=season)


def test_indicators_carry_their_parameters() -> None:
    assert dict(volume("lines", by="store_id", minimum_expected=5).parameters) == {
        "by": "store_id",
        "minimum_expected": 5,
    }
    late = outcome_hit_rate("search_ranking", by="store_id", delay="7d")
    assert (dict(late.parameters), late.delay_s) == ({"by": ["store_id"]}, 7 * 86_400)
