"""Indicators over stored profiles."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.monitoring.profiles.mill import Mill, day

from steek.kernel.errors import DeclarationError, InputError
from steek.monitoring import (
    IndicatorSpec,
    Sources,
    column_mean,
    column_quantile,
    distinct,
    drift,
    non_finite_share,
    null_share,
)
from steek.monitoring.indicators.registry import indicator_of
from steek.monitoring.indicators.scans import Scans
from steek.monitoring.judgement import Measurement


def measure(mill: Mill, spec: IndicatorSpec, number: int) -> dict[str | None, Measurement]:
    nothing: Any = SimpleNamespace()
    rooms: dict[str, Any] = dict.fromkeys(("ingestion", "derivation", "registry", "routes", "evaluations"), nothing)
    scans = Scans(mill.lake, [])
    sources = Sources(lake=mill.lake, clock=mill.clock, profiles=mill.profiles(), scans=scans, **rooms)
    return {one.slice: one for one in indicator_of(spec).measure(sources, spec, day(number))}


@pytest.mark.covers("O2", "O4", "F6")
def test_figures_and_drift_of_a_column_come_from_its_profile(mill: Mill) -> None:
    for number in range(3):
        mill.grind(number)
    mill.grind(3, shift=10.0)
    assert mill.profiles().catch_up("flour")
    whole = measure(mill, null_share("flour", "bags"), 3)[None]
    assert whole.value is not None
    assert 0.005 < whole.value < 0.05
    assert measure(mill, non_finite_share("flour", "weight"), 3)[None].value == 2 / 2000
    mean = measure(mill, column_mean("flour", "weight", per_slice=True), 3)
    assert set(mean) == {None, "stone=1", "stone=2", "stone=3"}
    assert all(58 < cast("float", one.value) < 62 for one in mean.values())
    middle = measure(mill, column_quantile("flour", "weight", 0.5), 3)[None].value
    assert middle is not None
    assert 59 < middle < 61
    assert measure(mill, distinct("flour", "grain"), 3)[None].value == pytest.approx(3, abs=0.1)
    moved, still = (measure(mill, drift("flour", "weight"), number)[None].value for number in (3, 2))
    assert moved is not None
    assert still is not None
    assert moved > 0.5
    assert still < 0.1
    assert measure(mill, drift("flour", "weight"), 0)[None].value is None
    assert measure(mill, null_share("flour", "bags"), 9)[None].value is None
    with pytest.raises(InputError, match="the profile of flour has no column colour; there are: at, bags"):
        measure(mill, null_share("flour", "colour"), 3)
    with pytest.raises(DeclarationError, match="against='a month'"):
        drift("flour", "weight", against="a month")
