"""Ingests and derives in a process of its own, and dies before a chosen database transaction commits.

Arguments: folder, number of the transaction at which to die (0: never), and a limit on file sizes in bytes (0: none).
"""

import os
import resource
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from steek.data import Dataset, Derivation, Ingestion, Lake
from steek.kernel import ReplayClock, SteekError
from steek.ledger import Database, Ledger, metadata

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.data.conftest import DAY, LINES, PRODUCTS, lines, maker_lines, products, window


class DyingDatabase(Database):
    """Kills its process when the given write transaction is about to commit."""

    dies_at = 0
    begun = 0

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        with super().transaction() as connection:
            self.begun += 1
            yield connection
            if self.begun == self.dies_at:
                os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, dies_at: int, file_bytes: int) -> None:
    clock = ReplayClock(folder / "clock")
    clock.set(DAY)
    database = DyingDatabase.open(f"sqlite:///{folder / 'steek.db'}")
    assert isinstance(database, DyingDatabase)
    metadata.create_all(database.engine)
    database.dies_at = dies_at
    ledger = Ledger(database, clock)
    lake = Lake(folder / "lake", {}, database, ledger, clock)
    datasets = {
        "lines": Dataset("lines", LINES, "sold_at", owner="o"),
        "products": Dataset("products", PRODUCTS, owner="o", mode="replace"),
        "maker_lines": maker_lines,
    }
    ingestion = Ingestion(lake, database, ledger, clock, datasets, 50_000_000)
    ingestion.ingest("products", products(), key="0", actor="x")
    bad = lines().vstack(lines(count=1).with_columns(store_id=0 * lines(count=1)["store_id"]))
    ingestion.ingest("lines", bad, key="0", actor="x")
    ingestion.ingest("products", products(shift=50), key="1", actor="x")
    derivation = Derivation(lake, database, ledger, clock, datasets)
    derivation.derive("maker_lines", window(), key="0", actor="night")
    if file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, resource.RLIM_INFINITY))
        try:
            ingestion.ingest("lines", lines(1, count=20_000), key="large", actor="x")
        except SteekError as refused:
            print(refused.code, refused.next_step)
    print("transactions", database.begun)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
