"""The corner shop of the platform's tests, opened in the process of the test, its time moved by hand."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "platform"))

from shop_world import copy_of, open_shop, set_clock, stocked_shop

from steek.platform import Platform, open_project

__all__ = ["opened", "opened_after_nights", "opened_stocked", "set_clock"]


@contextmanager
def opened(folder: Path, overrides: dict[str, str] | None = None) -> Generator[Platform]:
    """The services of a project in this process; what it declares is forgotten afterwards."""
    before = list(sys.path)
    platform = open_project(folder, overrides=overrides)
    try:
        yield platform
    finally:
        platform.close()
        sys.path[:] = before
        sys.modules.pop("storefront", None)


@contextmanager
def opened_stocked(place: Path) -> Generator[Platform]:
    """A shop with eleven days of sales of which nothing was made."""
    with opened(copy_of(stocked_shop(), place)) as platform:
        yield platform


@contextmanager
def opened_after_nights(place: Path, serving: Mapping[str, str] | None = None) -> Generator[Platform]:
    """A shop after two nights, with a model in serving and its next version in a canary.

    Args:
        place: Where it is, or shall be.
        serving: Environment in which its serving process is found.
    """
    folder = place if place.exists() else copy_of(open_shop(), place)
    overrides = {name.removeprefix("STEEK_").lower(): value for name, value in (serving or {}).items()}
    with opened(folder, overrides) as platform:
        yield platform
