"""Every engine passes the shipped suite."""

from collections.abc import Iterator

import pytest

from steek.engines import Engine, LocalEngine, RayEngine
from steek.testing.engine import EngineConformance


class TestLocalInThisProcess(EngineConformance):
    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        engine = LocalEngine(workers=1)
        yield engine
        engine.close()


@pytest.mark.covers("N1")
class TestLocalInProcesses(EngineConformance):
    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        engine = LocalEngine(workers=2)
        yield engine
        engine.close()


@pytest.fixture(scope="module")
def ray_engine() -> Iterator[Engine]:
    pytest.importorskip("ray", reason="pip install 'steek[ray]'")
    engine = RayEngine("")
    yield engine
    engine.close()


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.covers("N1")
class TestRay(EngineConformance):
    @pytest.fixture
    def engine(self, ray_engine: Engine) -> Engine:
        return ray_engine
