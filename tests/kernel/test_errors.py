"""The error tree, its messages, and the boundary around code of the project."""

import pytest

from steek.kernel import SteekError
from steek.kernel.errors import NotFoundError, RefusedError, UserCodeError, describe_unknown, user_code
from steek.kernel.plugins import load_plugin, plugin_names, require


@pytest.mark.covers("N3")
def test_a_missing_name_lists_what_there_is_and_the_nearest() -> None:
    error = NotFoundError.among("dataset", "transactoins", ["products", "transactions"], next_step="See steek status.")
    assert error.message == "no dataset named 'transactoins'; there are: products, transactions"
    assert error.next_step == "Did you mean 'transactions'? See steek status."
    assert describe_unknown("dataset", "x", []) == ("no dataset named 'x'; there are: none", "")


def test_an_error_shows_message_and_next_step() -> None:
    assert str(SteekError("the port is taken", next_step="Choose another.")) == "the port is taken\nChoose another."
    assert str(SteekError("the port is taken")) == "the port is taken"
    assert SteekError("x").details == {}


@pytest.mark.covers("N3")
def test_errors_of_the_projects_own_code_keep_their_cause() -> None:
    def run() -> None:
        with user_code("feature view household_recent"):
            raise KeyError("sales_value")

    with pytest.raises(UserCodeError, match="feature view household_recent raised KeyError: 'sales_value'") as raised:
        run()
    assert isinstance(raised.value.__cause__, KeyError)


def test_steeks_own_errors_pass_the_boundary_unchanged() -> None:
    refusal = RefusedError("no")

    def run() -> None:
        with user_code("gate"):
            raise refusal

    with pytest.raises(RefusedError) as raised:
        run()
    assert raised.value is refusal


def test_what_is_not_an_error_passes_the_boundary_too() -> None:
    def run() -> None:
        with user_code("learner"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()


@pytest.mark.covers("N3")
def test_an_optional_package_that_is_missing_names_its_extra() -> None:
    with pytest.raises(SteekError, match="no_such_package is not installed") as raised:
        require("no_such_package", extra="ray")
    assert (raised.value.code, raised.value.next_step) == ("missing_extra", "pip install 'steek[ray]'")
    assert require("json", extra="ray").loads("1") == 1


@pytest.mark.covers("T13", "N3")
def test_built_in_learners_and_formats_come_in_by_the_plug_in_door() -> None:
    assert plugin_names("learner") == ["lightgbm", "poisson"]
    assert plugin_names("format") == ["lightgbm", "linear"]
    assert isinstance(load_plugin("format", "linear"), type)
    with pytest.raises(NotFoundError, match="no learner named 'poison'; there are: lightgbm, poisson") as raised:
        load_plugin("learner", "poison")
    assert raised.value.next_step == "Did you mean 'poisson'?"
