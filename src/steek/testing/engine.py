"""Conformance of `steek.engines.Engine`: what every engine does, whatever it runs on."""

from steek.engines import Engine


class EngineConformance:
    """Subclass in a test module and give a fixture named `engine`; every test is inherited.

    The functions mapped here are built-ins, which every worker can import.
    """

    def test_results_come_in_the_order_of_the_items(self, engine: Engine) -> None:
        assert engine.map(str, list(range(40))) == [str(number) for number in range(40)]

    def test_no_items_give_no_results(self, engine: Engine) -> None:
        assert engine.map(str, []) == []

    def test_one_item_is_enough(self, engine: Engine) -> None:
        assert engine.map(abs, [-3]) == [3]

    def test_the_first_error_in_order_is_raised_as_it_was(self, engine: Engine) -> None:
        items = ["1"] * 20 + ["first bad"] + ["1"] * 10 + ["second bad"]
        try:
            engine.map(int, items)
        except ValueError as error:
            assert "first bad" in str(error)  # noqa: PT017 - the suite must not depend on a test runner
        else:
            message = "an error of a mapped function was lost"
            raise AssertionError(message)

    def test_an_engine_works_after_an_error(self, engine: Engine) -> None:
        try:
            engine.map(int, ["no number"] * 10)
        except ValueError:
            assert engine.map(int, ["7"] * 10) == [7] * 10

    def test_closing_twice_is_harmless(self, engine: Engine) -> None:
        engine.map(str, [1])
        engine.close()
        engine.close()
