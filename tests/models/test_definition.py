"""What a definition accepts, and the windows it learns from and is measured on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from steek.features import FeatureRef
from steek.kernel import Window
from steek.kernel.errors import DeclarationError, InputError
from steek.models import (
    Canary,
    EvaluationSpec,
    Freshness,
    ModelDefinition,
    Serving,
    feature_as_answer,
    held_out_window,
    previous_version,
    training_window,
)

Define = Callable[..., ModelDefinition]

KNOWN_AT = datetime(2017, 10, 2, 6, tzinfo=UTC)


@pytest.mark.covers("Q1")
def test_training_ends_where_the_held_out_window_begins(define: Define) -> None:
    definition = define()
    held_out = held_out_window(definition, KNOWN_AT)
    begins_at = datetime(2017, 10, 1, 5, tzinfo=UTC)
    assert held_out == Window(begins_at, datetime(2017, 10, 2, 5, tzinfo=UTC))
    assert training_window(definition, KNOWN_AT) == Window.before(begins_at, timedelta(days=14))


def test_without_held_out_evaluation_training_goes_up_to_the_last_complete_answer(define: Define) -> None:
    definition = define(evaluations=[EvaluationSpec("golden", {"pinned": "2017-09-25"})])
    assert held_out_window(definition, KNOWN_AT) is None
    assert training_window(definition, KNOWN_AT).end_at == KNOWN_AT - timedelta(hours=1)


def test_the_longest_held_out_evaluation_counts(define: Define) -> None:
    specs = [EvaluationSpec("held_out_by_time", {"length": text}) for text in ("1d", "3d")]
    held_out = held_out_window(define(evaluations=specs), KNOWN_AT)
    assert held_out is not None
    assert held_out.end_at - held_out.start_at == timedelta(days=3)


def test_features_are_single_columns_or_whole_views_in_order(define: Define) -> None:
    assert define().columns() == (
        FeatureRef("store_product", "lines"),
        FeatureRef("store_product", "units"),
        "calendar",
    )


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"task": "clustering"}, "task 'clustering'; allowed: ranking, regression"),
        ({"candidates": None}, "ranking without candidates"),
        ({"features": []}, "no features"),
        ({"sample_fraction": 0.0}, r"sample_fraction 0.0; allowed: above 0"),
        ({"training_window": "0d"}, "longer than nothing"),
        ({"owner": ""}, "no owner"),
    ],
)
def test_an_impossible_definition_says_what_is_allowed(
    define: Define, changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(DeclarationError, match=complaint):
        define(**changes)


def test_a_training_window_without_unit_is_refused(define: Define) -> None:
    with pytest.raises(InputError, match="'14' is not a duration"):
        define(training_window="14")


@pytest.mark.covers("N3")
def test_serving_specs_refuse_what_cannot_serve() -> None:
    with pytest.raises(DeclarationError, match="canary steps"):
        Canary(steps=(0.5, 0.1))
    with pytest.raises(DeclarationError, match="canary steps"):
        Canary(steps=(0.5, 1.0))
    with pytest.raises(DeclarationError, match="top is 0"):
        Serving(top=0)
    with pytest.raises(DeclarationError, match="not the name of a feature"):
        feature_as_answer("lines_56d")


@pytest.mark.covers("S5")
def test_a_fallback_chain_is_written_in_order() -> None:
    serving = Serving(deadline="50ms", fallback=[previous_version(), feature_as_answer("category_product.lines_56d")])
    assert [spec.kind for spec in serving.fallback] == ["previous_version", "feature_as_answer"]
    assert serving.fallback[1].parameters == {"feature": "category_product.lines_56d"}
    assert serving.deadline_s == 0.05
    assert Freshness("48h").limit == timedelta(hours=48)
