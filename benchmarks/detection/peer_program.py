"""Evidently or NannyML with their defaults, as a program of an environment of its own: `peer_program.py PEER`.

Each line on standard input names a folder with `reference/`, `untouched/` and `spoiled/`, each with a Parquet file per
stream, and is answered by one JSON line: for each of the two series of windows, per business day, what failed.
"""

import json
import sys
import warnings
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")
pd = import_module("pandas")

TEXTS = ("store_id", "department")
NUMBERS = ("quantity", "sales_value", "retail_disc", "coupon_disc", "hour", "expected", "observed")
Failing = dict[str, list[str]]


def evidently(reference: Any, windows: Any) -> Failing:
    """DataDriftPreset and DataSummaryPreset with their own tests, on each day against the same day four weeks before.

    A reference of one day is what makes its test of row counts mean something.
    """
    core, presets = import_module("evidently"), import_module("evidently.presets")
    texts, numbers = _columns(reference)
    kinds = core.DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    report = core.Report([presets.DataDriftPreset(), presets.DataSummaryPreset()], include_tests=True)
    before = {day.weekday(): rows for day, rows in reference.groupby(reference["at"].dt.date)}
    found: Failing = {}
    for day, rows in windows.groupby(windows["at"].dt.date):
        if day.weekday() not in before or len(rows) < 2:
            continue
        now = core.Dataset.from_pandas(rows.drop(columns="at"), kinds)
        then = core.Dataset.from_pandas(before[day.weekday()].drop(columns="at"), kinds)
        tests = report.run(now, then).dict()["tests"]
        found[str(day)] = [_shown(one["name"]) for one in tests if "FAIL" in str(one["status"])]
    return found


def nannyml(reference: Any, windows: Any) -> Failing:
    """Univariate drift, missing and unseen values, means, row counts; realised performance where there are outcomes."""
    nml = import_module("nannyml")
    texts, numbers = _columns(reference)
    by_day: dict[str, Any] = {"timestamp_column_name": "at", "chunk_period": "D"}
    calculators = {
        "drift": nml.UnivariateDriftCalculator(column_names=texts + numbers, **by_day),
        "missing": nml.MissingValuesCalculator(column_names=texts + numbers, **by_day),
        "mean": nml.SummaryStatsAvgCalculator(column_names=numbers, **by_day),
        "rows": nml.SummaryStatsRowCountCalculator(**by_day),
    }
    if texts:
        calculators["unseen"] = nml.UnseenValuesCalculator(column_names=texts, **by_day)
    found: Failing = {}
    for what, calculator in calculators.items():
        calculator.fit(reference)
        result = calculator.calculate(windows).filter(period="analysis").to_df()
        days = next(result[name] for name in result.columns if name[-1] == "start_date")
        for name in result.columns:
            if name[-1] == "alert":
                for day, alert in zip(days, result[name], strict=True):
                    told = found.setdefault(str(day)[:10], [])
                    if alert:
                        told.append(f"{what} {'/'.join(str(part) for part in name[:-1])}")
    return found


def _columns(frame: Any) -> tuple[list[str], list[str]]:
    return [name for name in TEXTS if name in frame], [name for name in NUMBERS if name in frame]


def _shown(test: str) -> str:
    """Without the numbers, so that the same test has the same name every day."""
    return test.partition(":")[0]


def _read(path: Path) -> Any:
    frame = pd.read_parquet(path)
    for name in TEXTS:
        if name in frame:
            frame[name] = frame[name].astype(str)
    return frame


def main() -> None:
    peer = {"evidently": evidently, "nannyml": nannyml}[sys.argv[1]]
    version = metadata.version(sys.argv[1])
    for line in sys.stdin:
        folder = Path(line.strip())
        answer: dict[str, Failing] = {}
        seen: dict[bytes, Failing] = {}
        for series in ("untouched", "spoiled"):
            failing: Failing = {}
            for path in sorted((folder / series).glob("*.parquet")):
                # A stream that the fault does not touch fails where it fails without it.
                content = path.name.encode() + path.read_bytes()
                if content not in seen:
                    seen[content] = peer(_read(folder / "reference" / path.name), _read(path))
                for day, told in seen[content].items():
                    failing.setdefault(day, []).extend(f"{path.stem}: {one}" for one in told)
            answer[series] = failing
        print(json.dumps({"version": version, **answer}), flush=True)


if __name__ == "__main__":
    main()
