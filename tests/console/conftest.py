"""A console over a small project: quiet for a fortnight, then broken on its last night."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from steek.console import build_console

_SPEC = importlib.util.spec_from_file_location("console_world", Path(__file__).with_name("console_world.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
console_world = importlib.util.module_from_spec(_SPEC)
sys.modules["console_world"] = console_world
_SPEC.loader.exec_module(console_world)
