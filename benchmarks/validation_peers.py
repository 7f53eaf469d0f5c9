"""The peers of validation, as a program of an environment of its own: `validation_peers.py PEER PARQUET`.

PEER is great_expectations, pandera_pandas or pandera_polars. Reading the file and building the rules are not timed.
Each line on standard input asks for a round, so that the caller can let contestants take turns; each is answered by
one JSON line: version, wall and CPU seconds, failing rows. A round judges every row by every rule, without stopping at
the first fault, and gives accepted rows, and failing rows with their reasons joined beside them.
"""

import importlib.metadata
import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

LEVELS = ["a", "b", "c", "d"]
RANGED = [f"x{at}" for at in range(8)]
REQUIRED = [f"x{at}" for at in range(8, 12)]
COUNTS = [f"n{at}" for at in range(5)]
LISTED = [f"c{at}" for at in range(3)]


def great_expectations(path: str) -> Callable[[], int]:
    """A suite of 20 expectations on a data frame, all failing rows named; then the frame is split by them."""
    gx, pd = import_module("great_expectations"), import_module("pandas")
    logging.disable(logging.CRITICAL)
    frame = pd.read_parquet(path)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("source").add_dataframe_asset("table")
    batch = source.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters={"dataframe": frame})
    rules: Any = gx.expectations
    suite = gx.ExpectationSuite(
        name="rules",
        expectations=[
            *(rules.ExpectColumnValuesToBeBetween(column=name, min_value=0, max_value=100) for name in RANGED),
            *(rules.ExpectColumnValuesToBeBetween(column=name, min_value=0) for name in COUNTS),
            *(rules.ExpectColumnValuesToBeInSet(column=name, value_set=LEVELS) for name in LISTED),
            *(rules.ExpectColumnValuesToNotBeNull(column=name) for name in REQUIRED),
        ],
    )

    def run() -> int:
        result = batch.validate(suite, result_format="COMPLETE")
        reasons: dict[int, list[str]] = {}
        for one in result.results:
            told = f"{one.expectation_config.kwargs['column']}: {one.expectation_config.type}"
            for at in one.result.get("unexpected_index_list") or ():
                reasons.setdefault(at, []).append(told)
        bad = frame.loc[list(reasons)].assign(reason=["; ".join(told) for told in reasons.values()])
        good = frame.drop(index=list(reasons))
        assert len(good) + len(bad) == len(frame)
        return len(bad)

    return run


def pandera_pandas(path: str) -> Callable[[], int]:
    """A lazy schema on a pandas frame: every failure is collected; then the frame is split by them."""
    frame = import_module("pandas").read_parquet(path)

    def split(cases: Any) -> int:
        told = (cases["column"] + ": " + cases["check"]).groupby(cases["index"]).agg("; ".join)
        bad = frame.loc[told.index].assign(reason=told)
        good = frame.drop(index=told.index)
        assert len(good) + len(bad) == len(frame)
        return len(bad)

    return _pandera(import_module("pandera.pandas"), frame, split)


def pandera_polars(path: str) -> Callable[[], int]:
    """The same schema on a Polars frame."""
    pl = import_module("polars")
    frame = pl.read_parquet(path)

    def split(cases: Any) -> int:
        told = pl.concat_str("column", "check", separator=": ").str.join("; ").alias("reason")
        reasons = cases.group_by(pl.col("index").cast(pl.UInt32)).agg(told)
        bad = frame[reasons["index"]].with_columns(reasons["reason"])
        is_bad = pl.repeat(False, len(frame), eager=True).scatter(reasons["index"], True)
        good = frame.filter(~is_bad)
        assert len(good) + len(bad) == len(frame)
        return len(bad)

    return _pandera(import_module("pandera.polars"), frame, split)


def _pandera(pa: Any, frame: Any, split: Callable[[Any], int]) -> Callable[[], int]:
    schema = pa.DataFrameSchema(
        {
            **{name: pa.Column(float, pa.Check.in_range(0, 100), nullable=True) for name in RANGED},
            **{name: pa.Column(float, nullable=False) for name in REQUIRED},
            **{name: pa.Column(int, pa.Check.ge(0)) for name in COUNTS},
            **{name: pa.Column(str, pa.Check.isin(LEVELS), nullable=True) for name in LISTED},
        }
    )

    def run() -> int:
        try:
            schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as found:
            return split(found.failure_cases)
        return 0

    return run


PEERS = {
    "great_expectations": great_expectations,
    "pandera_pandas": pandera_pandas,
    "pandera_polars": pandera_polars,
}


def main() -> None:
    peer, path = sys.argv[1], sys.argv[2]
    warnings.simplefilter("ignore")
    run = PEERS[peer](path)
    version = importlib.metadata.version(peer.partition("_")[0] if peer.startswith("pandera") else peer)
    for _ in sys.stdin:
        started, worked = time.perf_counter(), time.process_time()
        failures = run()
        spent = {"wall_s": time.perf_counter() - started, "cpu_s": time.process_time() - worked}
        print(json.dumps({"version": version, **spent, "failures": failures}), flush=True)


if __name__ == "__main__":
    main()
