"""A process of its own that keeps a lake: folder, then a task: append, compact, vacuum, or die in the middle of one."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl

from steek.data import Lake
from steek.data.lake import compacting, upkeep
from steek.data.lake.upkeep import LakeUpkeep
from steek.kernel import ReplayClock
from steek.ledger import Database, Ledger


def main(folder: str, task: str, *given: str) -> None:
    home = Path(folder)
    clock = ReplayClock(home / "clock")
    database = Database.open(f"sqlite:///{home / 'steek.db'}")
    ledger = Ledger(database, clock)
    lake = Lake(home / "lake", {}, database, ledger, clock)
    keeper = LakeUpkeep(home / "lake", {}, database, ledger, clock)
    if task == "append":
        for number in range(int(given[1])):
            frame = pl.DataFrame({"n": [number] * 5, "who": [given[0]] * 5})
            lake.append("t", frame, key=f"{given[0]} {number}")
    elif task == "keep":
        for number in range(int(given[0])):
            keeper.compact("t", key=f"compact {number}", actor="keeper", cluster_by="who" if number % 2 else None)
            keeper.vacuum("t", keep_for=timedelta(0), key=f"vacuum {number}", actor="keeper")
    elif task == "die":
        _die(keeper, given[0])
    database.close()


def _die(keeper: LakeUpkeep, moment: str) -> None:
    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if moment == "while rewriting":
        original = compacting._parts  # pyright: ignore[reportPrivateUsage]

        def some(*arguments: object):  # type: ignore[no-untyped-def]
            yield next(iter(original(*arguments)))  # pyright: ignore[reportArgumentType]
            die()

        compacting._parts = some  # pyright: ignore[reportPrivateUsage]
        keeper.compact("t", key="k", actor="keeper", cluster_by="who", target_bytes=2000)
    elif moment == "before recording":
        LakeUpkeep._compacted = die  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
        keeper.compact("t", key="k", actor="keeper")
    elif moment == "before deleting":
        upkeep.delete_files = die  # pyright: ignore[reportPrivateImportUsage]
        keeper.vacuum("t", keep_for=timedelta(0), key="v", actor="keeper")
    elif moment == "after deleting":
        LakeUpkeep._vacuumed = die  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
        keeper.vacuum("t", keep_for=timedelta(0), key="v", actor="keeper")


if __name__ == "__main__":
    main(*sys.argv[1:])
