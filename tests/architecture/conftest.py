"""The source of steek, parsed once."""

import sys
from pathlib import Path

import pytest

# Importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from house import SOURCE, Module, read_modules


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Every module of the package."""
    return read_modules(SOURCE, package="steek")
