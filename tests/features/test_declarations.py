"""Declarations say what is wrong with them, and their identity follows what they compute."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from steek.features import FeatureRef, FeatureView, examples, feature_view, moment_features
from steek.kernel.errors import DeclarationError, InputError

DAYS = 28


def _halved(column: str) -> pl.Expr:
    return pl.col(column) / 2


def _view(function: Any, **changes: Any) -> FeatureView:
    settings: dict[str, Any] = {"entity": "a", "lookback": "7d", "time_to_live": "2d", "owner": "o", **changes}
    return feature_view(**settings)(function)


def _variants() -> list[Any]:
    def view(lines: pl.LazyFrame) -> pl.LazyFrame:
        """One text."""
        return lines.group_by("a").agg(x=_halved("b").sum())

    def same() -> Any:
        def view(lines: pl.LazyFrame) -> pl.LazyFrame:
            """Another text, with a comment and another layout."""
            # a comment
            return (
                lines.group_by("a")
                .agg(x=_halved("b").sum())
            )  # fmt: skip

        return view

    return [view, same()]


@pytest.mark.covers("F1")
def test_a_view_knows_what_it_reads_and_says() -> None:
    @feature_view(entity=["a", "b"], lookback="7d", time_to_live="36h", owner="ranking@grocer")  # type: ignore[arg-type] - a list does as well
    def view(lines: pl.LazyFrame, products: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
        """What is known."""
        return lines

    assert (view.name, view.entity, view.inputs, view.takes_as_of) == ("view", ("a", "b"), ("lines", "products"), True)
    assert (view.time_to_live, view.every, view.description) == (
        timedelta(hours=36),
        timedelta(days=1),
        "What is known.",
    )
    assert view["x", "y"] == (FeatureRef("view", "x"), FeatureRef("view", "y"))
    assert view["x"][0].name == "view.x"


@pytest.mark.covers("F1", "T1")
def test_layout_comments_and_docstrings_do_not_change_a_definition() -> None:
    first, second = _variants()
    assert _view(first).definition_hash == _view(second).definition_hash


@pytest.mark.covers("F1", "T1")
def test_owner_and_description_do_not_change_a_definition_but_parameters_do() -> None:
    function = _variants()[0]
    view = _view(function)
    assert _view(function, owner="somebody else").definition_hash == view.definition_hash
    changed = [{"lookback": "8d"}, {"time_to_live": "3d"}, {"entity": "b"}]
    hashes = {_view(function, **change).definition_hash for change in changed}
    assert len(hashes | {view.definition_hash}) == 4


@pytest.mark.covers("F1", "T1")
def test_what_the_code_names_is_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def view(lines: pl.LazyFrame) -> pl.LazyFrame:
        return lines.group_by("a").agg(x=_halved("b").sum() / DAYS, y=pl.col("b").map_elements(lambda b: b + DAYS))

    before = _view(view).definition_hash
    monkeypatch.setitem(globals(), "DAYS", 56)
    with_constant = _view(view).definition_hash

    def _other(column: str) -> pl.Expr:
        return pl.col(column) / 3

    monkeypatch.setitem(globals(), "_halved", _other)
    assert len({before, with_constant, _view(view).definition_hash}) == 3


def test_a_closed_over_value_is_part_of_a_definition() -> None:
    def make(days: int) -> FeatureView:
        def view(lines: pl.LazyFrame) -> pl.LazyFrame:
            return lines.head(days)

        return _view(view)

    assert make(1).definition_hash == make(1).definition_hash
    assert make(1).definition_hash != make(2).definition_hash


@pytest.mark.covers("N3")
def test_impossible_declarations_are_refused() -> None:
    def view(lines: pl.LazyFrame) -> pl.LazyFrame:
        return lines

    def nothing(as_of: datetime) -> pl.LazyFrame:
        return pl.LazyFrame()

    with pytest.raises(DeclarationError, match="different columns"):
        _view(view, entity=("a", "a"))
    with pytest.raises(DeclarationError, match="different columns"):
        _view(view, entity=())
    with pytest.raises(DeclarationError, match="no parameter that names a dataset"):
        _view(nothing)
    with pytest.raises(InputError, match="'7' is not a duration"):
        _view(view, lookback="7")
    for outcome in ({}, {"answer": "x", "label": "y"}):
        with pytest.raises(DeclarationError, match="exactly one"):
            examples(entity="a", moment="at", label_window="1h", **outcome)(view)
    with pytest.raises(DeclarationError, match="different columns"):
        examples(entity="a", moment="at", label_window="1h", answer="a")(view)
    with pytest.raises(DeclarationError, match="not the name of a feature"):
        FeatureRef.parse("spend")


def test_code_that_cannot_be_read_cannot_be_declared() -> None:
    space: dict[str, Any] = {}
    exec("def view(lines): return lines", space)
    with pytest.raises(DeclarationError, match="cannot be versioned"):
        _ = _view(space["view"]).definition_hash


def test_features_of_the_moment_list_their_columns() -> None:
    @moment_features(owner="o")
    def calendar(moment: pl.Expr) -> dict[str, pl.Expr]:
        return {"hour": moment.dt.hour()}

    assert calendar.columns == ("hour",)
    assert calendar["hour"][0].name == "calendar.hour"
