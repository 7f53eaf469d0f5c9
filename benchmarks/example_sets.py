"""Point-in-time example sets: 8,000 questions with up to 21 candidates each, features as of each one's own moment.

Ours: `ExampleSets.build` from the declared examples and views: reads lines and products, makes the questions, chooses
the snapshot each moment may see, expands and samples candidates by a stable hash, joins 21 features of four views,
and names every snapshot it read.
Peer: what one writes by hand in Polars when questions and candidates lie ready as a frame: `join_asof` on the moment
by entity over the same snapshots, in memory already. It neither makes questions nor candidates and reads no storage.
Limit: the same as a plain equality join, for which the snapshot of each row was chosen before the clock started.
"""

import polars as pl

import grocer_store as store
import measuring
from steek.features import FeatureView
from steek.features.snapshots import Snapshot
from steek.platform import Platform

QUESTIONS, NEGATIVES, ROUNDS = 8_000, 20, 5
VIEWS = ("category_product", "store_product", "promotion", "household_product")
ENTITY = ["household_id", "store_id", "product_category", "product_id"]


def main() -> None:
    with measuring.work_folder() as folder:
        platform = store.open_store(folder)
        fraction = _fraction(platform)
        ours = lambda: _build(platform, fraction)  # noqa: E731 - a contestant
        made = ours()
        asked = made.select(*ENTITY, "asked_at").sort("asked_at")
        frames = {view: _snapshots(platform, platform.project.views[view]) for view in VIEWS}
        chosen = asked.with_columns(as_of=pl.col("asked_at").dt.offset_by("-6h").dt.truncate("1d").dt.offset_by("6h"))
        spent = measuring.take_turns(
            ROUNDS,
            ours=ours,
            asof=lambda: _asof(asked, frames, platform),
            equality=lambda: _equality(chosen, frames, platform),
        )
        questions = made["_query"].n_unique()
        print(f"{questions} questions, {made.height} rows, {made.width} columns; median of {ROUNDS} rounds")
        middle = {name: measuring.median(rounds) for name, rounds in spent.items()}
        measuring.say("ExampleSets.build", middle["ours"], "makes questions and candidates, reads the lake")
        measuring.say("join_asof, frames in memory", middle["asof"], "joins only")
        measuring.say("equality join, frames in memory", middle["equality"], "joins only, snapshot known")
        _check_same(made, _asof(asked, frames, platform))
        figure = middle["ours"].wall_s
        measuring.Result(
            name="example_sets",
            figure=figure,
            unit="s per set of 8,000 questions x 21 candidates",
            peer="polars join_asof by hand, questions and candidates ready in memory",
            peer_figure=middle["asof"].wall_s,
            limit_figure=middle["equality"].wall_s,
            goal="at most 1.5 x the peer, though it does more",
            met=figure <= 1.5 * middle["asof"].wall_s,
        ).end()
        platform.close()


def _build(platform: Platform, fraction: float) -> pl.DataFrame:
    definition = store.search_ranking(platform)
    made = platform.example_sets.build(
        definition.examples,
        columns=definition.columns(),
        candidates="category_product",
        window=store.example_window(),
        known_at=store.PRESENT,
        negatives_per_query=NEGATIVES,
        sample_fraction=fraction,
    )
    return made.frame


def _fraction(platform: Platform) -> float:
    """The share of the two days' questions that makes 8,000 of them."""
    everything = _build(platform, 1.0)["_query"].n_unique()
    return min(1.0, QUESTIONS / everything)


def _snapshots(platform: Platform, view: FeatureView) -> pl.DataFrame:
    snapshots: list[Snapshot] = platform.features.snapshots(view.name)
    frame = platform.features.read(snapshots, snapshots[-1].columns).collect()
    names = {column: f"{view.name}.{column}" for column in snapshots[-1].columns}
    return frame.rename(names).sort("as_of")


def _asof(asked: pl.DataFrame, frames: dict[str, pl.DataFrame], platform: Platform) -> pl.DataFrame:
    joined = asked
    for name, frame in frames.items():
        view = platform.project.views[name]
        joined = joined.join_asof(
            frame,
            left_on="asked_at",
            right_on="as_of",
            by=list(view.entity),
            tolerance=view.time_to_live,
            check_sortedness=False,
        ).drop("as_of", strict=False)
    return joined


def _equality(chosen: pl.DataFrame, frames: dict[str, pl.DataFrame], platform: Platform) -> pl.DataFrame:
    joined = chosen.lazy()
    for name, frame in frames.items():
        keys = ["as_of", *platform.project.views[name].entity]
        joined = joined.join(frame.lazy(), on=keys, how="left")
    return joined.collect()


def _check_same(ours: pl.DataFrame, theirs: pl.DataFrame) -> None:
    """The two must agree where the entity is in the newest snapshot, or one of them is measuring something else."""
    key = [*ENTITY, "asked_at"]
    column = "category_product.lines_56d"
    both = ours.select(*key, column).join(theirs.select(*key, theirs=column), on=key)
    different = both.filter(pl.col(column).cast(pl.Float64) != pl.col("theirs").cast(pl.Float64)).height
    print(f"  {different} of {both.height} values of {column} differ between the two")


if __name__ == "__main__":
    main()
