"""From queries to one row per query and candidate."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from steek.features.declarations import AS_OF
from steek.features.example_declaration import Examples
from steek.features.point_in_time import SnapshotChoice, check_types
from steek.features.question_rows import LABEL, QUERY, Questions, Sample
from steek.features.service import FeatureService
from steek.measures.stable_hash import Hashes, hash_rows, hash_series, mix

KEPT_FRACTION = "_kept_fraction"
_GROUP = "_group"
_PLACE = "_place"

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CandidateLists:
    """Lists of candidates laid end to end, and the list of each query.

    Args:
        members: Candidates; ascending within each list.
        first: For each query where its list begins in `members`.
        count: For each query the length of its list; 0 where it has none.
    """

    members: pl.Series
    first: Counts
    count: Counts


def candidate_lists(features: FeatureService, choice: SnapshotChoice, queries: pl.DataFrame) -> CandidateLists:
    """Every entity of a query's snapshot that begins with the query's values of the leading columns.

    Args:
        features: Where snapshots are read.
        choice: Snapshots of the candidates view by query, as long as `queries`.
        queries: One row per query, with the view's leading entity columns.

    Raises:
        DeclarationError: a leading column has another type here than in the view.
    """
    leading, member = list(choice.view.entity[:-1]), choice.view.entity[-1]
    none = np.zeros(queries.height, np.int64)
    if not choice.used:
        return CandidateLists(pl.Series(member, [], dtype=pl.Int64), none, none)
    key = [AS_OF, *leading]
    asked = queries.select(leading).with_columns(choice.as_of.alias(AS_OF))
    known = features.read(choice.used, ())
    check_types(choice.view, asked, known)
    wanted = known.join(asked.lazy().drop_nulls(AS_OF).unique(), on=key, how="semi")
    groups = wanted.group_by(key).agg(pl.col(member).sort()).collect().with_row_index(_GROUP)
    length = groups[member].list.len().cast(pl.Int64).to_numpy()
    found = asked.join(groups.select(_GROUP, *key), on=key, how="left", maintain_order="left")[_GROUP]
    place = found.fill_null(groups.height).to_numpy()
    first, count = np.append(np.cumsum(length) - length, 0)[place], np.append(length, 0)[place]
    return CandidateLists(groups[member].explode(), first, count)


def to_candidate_rows(
    examples: Examples, questions: Questions, lists: CandidateLists, *, sample: Sample
) -> pl.DataFrame:
    """One row per query and candidate: `_query`, the candidate, `_label` 1 for a right answer, `_kept_fraction`.

    Where wrong candidates are sampled, each query keeps those with the smallest hash of query and candidate;
    `_kept_fraction` is the share of its wrong candidates that a query kept (1 for right answers), so that weights of
    1 / `_kept_fraction` restore the proportions. Sorted by query and candidate.

    Args:
        examples: A ranking.
        questions: Its queries and answers.
        lists: The candidates of its queries.
        sample: What to keep.
    """
    assert examples.answer is not None
    begins = np.cumsum(lists.count) - lists.count
    query = np.repeat(np.arange(questions.frame.height, dtype=np.uint32), lists.count)
    place = np.arange(len(query)) + np.repeat(lists.first - begins, lists.count)
    label = np.zeros(len(query))
    label[_right_rows(questions, examples.answer, lists, begins)] = 1.0
    share = np.ones(len(query))
    if sample.negatives_per_query is not None:
        of_query = hash_rows(questions.frame, (*examples.entity, examples.moment), seed=sample.seed)
        chance = mix(of_query[query] ^ hash_series(lists.members)[place])
        keep, share = _smallest_per_query(query, label == 0, chance, sample.negatives_per_query)
        query, place, label, share = query[keep], place[keep], label[keep], share[keep]
    columns = {QUERY: query, LABEL: label, KEPT_FRACTION: share}
    return pl.DataFrame(columns).insert_column(1, lists.members.gather(place).alias(examples.answer))


def _right_rows(questions: Questions, answer: str, lists: CandidateLists, begins: Counts) -> Counts:
    """Rows of the expansion that hold a right answer."""
    assert questions.answers is not None
    if not len(lists.members):
        # Without candidates nobody knows their type, so there is nothing to compare answers with.
        return np.zeros(0, np.int64)
    of_query = pl.DataFrame({QUERY: np.arange(len(begins), dtype=np.uint32), _GROUP: lists.first, "count": lists.count})
    asked = questions.answers.join(of_query.filter(pl.col("count") > 0), on=QUERY, how="inner")
    # Where each list begins tells lists apart; a member knows its own by the last beginning before it.
    starts = np.unique(lists.first[lists.count > 0])
    places = np.arange(len(lists.members))
    group = starts[np.searchsorted(starts, places, side="right") - 1] if len(starts) else places
    members = pl.DataFrame({_GROUP: group, answer: lists.members, _PLACE: places})
    found = asked.join(members, on=[_GROUP, answer], how="inner")
    return begins[found[QUERY].to_numpy()] + (found[_PLACE] - found[_GROUP]).to_numpy()


def _smallest_per_query(
    query: npt.NDArray[np.uint32], wrong: npt.NDArray[np.bool_], chance: Hashes, count: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Whether each row stays, and the share of its kind that stays in its query."""
    if not len(query):
        return wrong, np.ones(0)
    # Query above, hash below: one sort of plain numbers puts each query's wrong candidates in order of their hash.
    ranked = (query.astype(np.uint64) << np.uint64(32)) | (chance >> np.uint64(32))
    ordered = np.append(np.sort(ranked[wrong]), np.uint64(0))
    counts = np.bincount(query[wrong], minlength=int(query.max()) + 1)
    limit = ordered[np.cumsum(counts) - counts + np.minimum(counts, count) - 1]
    share = np.minimum(count / np.maximum(counts, 1), 1.0)
    return ~wrong | (ranked <= limit[query]), np.where(wrong, share[query], 1.0)
