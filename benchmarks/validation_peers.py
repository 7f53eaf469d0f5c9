"""The peers of validation, as a program of an environment of its own: `validation_peers.py PEER PARQUET ROUNDS`.

PEER is great_expectations, pandera_pandas or pandera_polars. Reading the file and building the rules are not timed.
Prints one JSON line: version, wall and CPU seconds of each round, failures found.
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
        bad: set[int] = set()
        for one in result.results:
            bad.update(one.result.get("unexpected_index_list") or ())
        good = frame.drop(index=list(bad))
        return len(frame) - len(good)

    return run


def pandera_pandas(path: str) -> Callable[[], int]:
    """A lazy schema on a pandas frame: every failure is collected; then the frame is split by them."""
    frame = import_module("pandas").read_parquet(path)
    return _pandera(import_module("pandera.pandas"), frame, lambda bad: len(frame) - len(frame.drop(index=bad)))


def pandera_polars(path: str) -> Callable[[], int]:
    """The same schema on a Polars frame."""
    pl = import_module("polars")
    frame = pl.read_parquet(path)

    def split(bad: list[int]) -> int:
        good = frame.with_row_index("row").filter(~pl.col("row").is_in(bad))
        return len(frame) - len(good)

    return _pandera(import_module("pandera.polars"), frame, split)


def _pandera(pa: Any, frame: Any, split: Callable[[list[int]], int]) -> Callable[[], int]:
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
            return split(list(found.failure_cases["index"].unique()))
        return 0

    return run


PEERS = {
    "great_expectations": great_expectations,
    "pandera_pandas": pandera_pandas,
    "pandera_polars": pandera_polars,
}


def main() -> None:
    peer, path, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    warnings.simplefilter("ignore")
    run = PEERS[peer](path)
    failures = run()
    wall: list[float] = []
    cpu: list[float] = []
    for _ in range(rounds):
        started, worked = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - worked)
    version = importlib.metadata.version(peer.partition("_")[0] if peer.startswith("pandera") else peer)
    print(json.dumps({"version": version, "wall_s": wall, "cpu_s": cpu, "failures": failures}))


if __name__ == "__main__":
    main()
