"""Many series at once are judged as each alone is."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.monitoring import learned
from steek.monitoring.judgement import Measurement, Past, Rule, Special, judge
from steek.monitoring.kinds import Kind
from steek.monitoring.thresholds.declared import Season
from steek.monitoring.thresholds.judging_many import judge_many
from steek.monitoring.thresholds.series_frame import Now, SeriesFrame

START = datetime(2017, 9, 4, 6, tzinfo=UTC)
SEASONS: dict[Season | None, timedelta] = {
    None: timedelta(days=1),
    "week": timedelta(days=1),
    "day": timedelta(hours=1),
    "hour of week": timedelta(hours=6),
}


@st.composite
def worlds(draw: st.DrawFn) -> tuple[SeriesFrame, list[Measurement], Rule]:
    """A handful of series with gaps, silences and spikes, and the values of the window after them."""
    seed, windows = draw(st.integers(0, 10_000)), draw(st.sampled_from([0, 1, 3, 8, 30, 60]))
    kind, season = draw(st.sampled_from(list(Kind))), draw(st.sampled_from(list(SEASONS)))
    generator = np.random.default_rng(seed)
    series = 6
    values = generator.poisson(generator.choice([0.5, 4, 60, 900], size=(series, 1)), size=(series, windows)) * 1.0
    values[0] = 5.0
    values[generator.random(values.shape) < 0.15] = np.nan
    values[generator.random(values.shape) < 0.05] = 9000.0
    values[1, windows // 2 :] = 0.0
    now = generator.choice([0.0, 3.0, 55.0, 880.0, 9000.0, np.nan], size=series)
    if kind is Kind.SHARE:
        values, now = values / 9000, now / 9000
    rows = generator.choice([0, 3, 40, 5000], size=series)
    deviation = draw(st.booleans())
    measurements = [
        Measurement(
            f"s={index}",
            None if np.isnan(now[index]) else float(now[index]),
            int(rows[index]),
            {"standard_deviation": 3.5} if deviation and index % 2 else {},
            broken_because="none matched" if index == 4 and draw(st.booleans()) else None,
        )
        for index in range(series)
    ]
    special = draw(st.sampled_from([None, Special(True, "Christmas"), Special(False, "a promotion")]))
    threshold = learned(
        draw(st.sampled_from([3.0, 6.0])), 7, season, windows=28, min_volume=draw(st.sampled_from([0, 20]))
    )
    rule = Rule(kind, threshold, draw(st.sampled_from([0.0, 10.0])), series, SEASONS[season], 7.5, special)
    starts = tuple(START + index * rule.window for index in range(windows))
    names = tuple(f"s={index}" for index in range(series))
    return SeriesFrame(names, starts, values.astype(np.float64)), measurements, rule


@pytest.mark.covers("O6")
@given(worlds())
@settings(max_examples=150)
def test_the_fast_path_gives_what_the_plain_one_gives(world: tuple[SeriesFrame, list[Measurement], Rule]) -> None:
    history, measurements, rule = world
    at = START + len(history.starts) * rule.window
    found = judge_many(history, Now.of(measurements, at), rule)
    for index, (measurement, row) in enumerate(zip(measurements, found.iter_rows(named=True), strict=True)):
        pairs = zip(history.starts, history.values[index].tolist(), strict=True)
        past = [Past(start, value) for start, value in pairs if not np.isnan(value)]
        plain = judge(measurement, past, rule, window_start_at=at)
        assert (row["slice"], row["verdict"], row["reason"]) == (measurement.slice, plain.verdict.value, plain.reason)
        assert row["lower"] == (None if plain.lower is None else pytest.approx(plain.lower, rel=1e-12))
        assert row["upper"] == (None if plain.upper is None else pytest.approx(plain.upper, rel=1e-12))
