"""One error tree: each class has a code, each code an exit status and an HTTP status."""

import re

import pytest

from steek.cli.exits import EXIT_STATUS
from steek.http.problems import HTTP_STATUS
from steek.kernel import errors
from steek.kernel.errors import SteekError


def tree(root: type[SteekError]) -> list[type[SteekError]]:
    return [root, *(found for child in root.__subclasses__() for found in tree(child))]


CLASSES = [each for each in tree(SteekError) if each.__module__ == errors.__name__]
CODES = {each.code for each in CLASSES}


def test_every_error_has_a_code_of_its_own_made_from_its_name() -> None:
    expected = {each: re.sub(r"(?<!^)(?=[A-Z])", "_", each.__name__.removesuffix("Error")).lower() for each in CLASSES}
    assert {each: each.code for each in CLASSES} == expected


@pytest.mark.covers("N3", "N4")
def test_every_code_has_an_exit_status_and_an_http_status_and_there_is_no_other() -> None:
    assert set(EXIT_STATUS) == CODES
    assert set(HTTP_STATUS) == CODES
    assert all(3 <= status <= 125 for code, status in EXIT_STATUS.items() if code != "steek")
    assert all(400 <= status <= 599 for status in HTTP_STATUS.values())


def test_the_drawn_tree_names_every_class_below_its_parent() -> None:
    drawn = re.findall(r"^( *[│ ]*)(?:[├└]── )?(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    assert [name for _, name in drawn] == [each.__name__ for each in in_order_of_drawing()]


def in_order_of_drawing() -> list[type[SteekError]]:
    return tree(SteekError)[: len(CLASSES)]
