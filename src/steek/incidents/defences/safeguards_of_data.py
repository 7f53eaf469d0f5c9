"""What stands before bad data: contracts, checks of feeds, counted joins, labels that are waited for."""

from collections.abc import Iterator
from urllib.parse import quote

from steek.data import Contract, Dataset, DerivedDataset
from steek.incidents.defences.declared import Declared
from steek.incidents.defences.safeguard import Safeguard

# Check of a feed to the kind of safeguard that a batch held for it is.
FEED_MEANS = {
    "duplicate_batch": "feed_duplicates",
    "near_duplicate": "feed_duplicates",
    "time_bucket": "feed_time",
    "future": "feed_time",
    "late_data": "feed_time",
    "volume": "feed_volume",
    "slice_volume": "feed_volume",
    "vanished_slices": "feed_volume",
    "new_slices": "feed_volume",
    "nulls": "feed_distribution",
    "distribution": "feed_distribution",
    "new_categories": "feed_distribution",
    "vanished_categories": "feed_distribution",
}


def safeguards_of_data(declared: Declared) -> Iterator[Safeguard]:
    """Every rule of every contract, and what else guards the way in; one each for what a dataset has of a kind."""
    for name, dataset in declared.datasets.items():
        models = declared.readers_of(name)
        for means, text in _of_dataset(dataset):
            yield Safeguard(means, f"dataset:{name}", f"{text} of {name}", models, f"/data/{quote(name, safe='')}")
        if declared.settings.get("contract_changes") == "guarded" and isinstance(dataset.contract, Contract):
            yield Safeguard("contract_guard", f"dataset:{name}", f"guarded contract of {name}", models, "/contracts")
    for name in declared.labels:
        models = frozenset(model for model, one in declared.definitions.items() if name in one.examples.inputs)
        yield Safeguard("labels_window", f"labels:{name}", f"labels {name} are waited for", models, "/data")
    for name, definition in declared.definitions.items():
        if not definition.examples.label_window:
            continue
        # Examples have a window of their own: answers younger than it are not learned from.
        text = f"{name} learns only from answers older than {definition.examples.label_window}"
        yield Safeguard("labels_window", f"model:{name}", text, frozenset({name}), f"/models/{quote(name, safe='')}")


def _of_dataset(dataset: Dataset | DerivedDataset) -> Iterator[tuple[str, str]]:
    if isinstance(dataset.contract, Contract):
        yield from _of_contract(dataset.contract)
    if isinstance(dataset, DerivedDataset):
        if dataset.joins:
            yield "join_counted", "counted join"
        if dataset.implied is not None:
            yield "volume_implied", "implied volume"
        return
    held: dict[str, list[str]] = {}
    for check in dataset.feed.hold:
        held.setdefault(FEED_MEANS[check], []).append(check)
    for means, checks in held.items():
        yield means, f"feed held for {', '.join(checks)}"


def _of_contract(contract: Contract) -> Iterator[tuple[str, str]]:
    yield "contract_types", f"contract {contract.version}"
    bounded = [field.name for field in contract.fields if field.minimum is not None or field.maximum is not None]
    if bounded:
        yield "contract_bounds", f"bounds on {', '.join(bounded)}"
    listed = [field.name for field in contract.fields if field.categories]
    if listed:
        yield "contract_categories", f"allowed values of {', '.join(listed)}"
    keys = [field.name for field in contract.fields if field.key]
    if keys:
        yield "contract_keys", f"key {', '.join(keys)}"
    if contract.volumes:
        yield "contract_volumes", "promised volumes"
    if contract.cadence:
        yield "contract_cadence", f"cadence {contract.cadence}"
