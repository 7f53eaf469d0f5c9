"""Stocks the corner shop and runs its first nights, in one process, by the Python API."""

import sys
from pathlib import Path

from shop_world import NIGHTS, days, makers_table, sales_of

from steek.platform import Platform, open_project, workflow_worker


def stock(platform: Platform) -> None:
    """Eleven days of sales, and who makes what."""
    platform.ingestion.ingest("products", makers_table(), key="products", actor="supplier")
    for day in days():
        platform.ingestion.ingest("sales", sales_of(day), key=day.isoformat(), actor="till")


def open_doors(platform: Platform) -> None:
    """Two nights, two versions of the model with a canary, one of the model without a gate."""
    with workflow_worker(platform).running():
        for number, night in enumerate(NIGHTS, start=1):
            run(platform, "night", f"night-{night}", night.isoformat())
            run(
                platform,
                "retrain",
                f"shop-{number}",
                "shop_demand",
                night.isoformat(),
                None,
                f"shop-{number}",
                "builder",
            )
        run(platform, "retrain", "guess", "shop_guess", NIGHTS[0].isoformat(), None, "guess", "builder")


def run(platform: Platform, workflow: str, workflow_id: str, *arguments: object) -> None:
    """Start a workflow and wait for its end."""
    platform.worker.start(workflow, workflow_id, *arguments)
    platform.worker.result(workflow_id)


if __name__ == "__main__":
    opened = open_project(Path(sys.argv[2]))
    {"stock": stock, "open": open_doors}[sys.argv[1]](opened)
    opened.subscriptions.deliver()
    opened.close()
