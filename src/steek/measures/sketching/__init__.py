"""Summaries of many values that add up: the summary of a whole is the sum of the summaries of its parts.

Counts, extremes, moments and bins add up exactly (moments up to rounding); heavy hitters, quantiles and distinct
counts within bounds that each of them states. Distances between two such summaries are here too.
"""

from steek.measures.sketching.cells import cell_counts, cell_indices, learn_edges
from steek.measures.sketching.distances import Array, equal_groups, jensen_shannon, stability_index
from steek.measures.sketching.distinct import (
    DistinctCount,
    distinct_count,
    distinct_of_numbers,
    distinct_of_texts,
    merge_distinct,
)
from steek.measures.sketching.float_bins import bin_counts, lower_edge
from steek.measures.sketching.hitters import Hitters, merge_hitters, most_frequent
from steek.measures.sketching.moments import Moments, grouped_moments, merge_moments, moments_of
from steek.measures.sketching.quantiles import (
    cell_quantiles,
    merge_quantiles,
    quantile_sketch,
    rank_error,
    sketch_quantiles,
    sketch_shares,
    transport_distance,
)
from steek.measures.sketching.shift import Shift, judge_shift

__all__ = [
    "Array",
    "DistinctCount",
    "Hitters",
    "Moments",
    "Shift",
    "bin_counts",
    "cell_counts",
    "cell_indices",
    "cell_quantiles",
    "distinct_count",
    "distinct_of_numbers",
    "distinct_of_texts",
    "equal_groups",
    "grouped_moments",
    "jensen_shannon",
    "judge_shift",
    "learn_edges",
    "lower_edge",
    "merge_distinct",
    "merge_hitters",
    "merge_moments",
    "merge_quantiles",
    "moments_of",
    "most_frequent",
    "quantile_sketch",
    "rank_error",
    "sketch_quantiles",
    "sketch_shares",
    "stability_index",
    "transport_distance",
]
