"""The declaration of a sample: which units are drawn together, and with what rate, per slice and period."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from steek.data.contracts.contract import Contract
from steek.kernel.errors import DeclarationError
from steek.kernel.records import content_hash
from steek.kernel.units import parse_duration
from steek.measures.stable_hash import Hashes, as_fraction, hash_rows, mix

_PERIOD = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
Floats = npt.NDArray[np.float64]
SliceRates = Mapping[str, float] | Mapping[int, float] | Mapping[bool, float]


@dataclass(frozen=True, slots=True)
class Sampling:
    """A sample of a dataset, drawn by a hash: the same rows whatever their order, batch, machine or day of loading.

    A smaller rate draws a part of what a larger one draws.

    Args:
        by: Field or fields whose values name a unit, e.g. "basket_id": its rows are all in or all out, as far as
            their rates are the same. A row without a value is drawn with the others that have none.
        rate: Chance of a unit where no slice or period says otherwise, above 0 and at most 1.
        slices: Field to value to rate: {"store_id": {367: 0.1}}.
        periods: Beginning of the event time in UTC to rate: {"2017-12": 0.5}, a year, a month or a day.
            Where a row has several rates by slices and periods, the smallest counts.
        renewed_every: Units are drawn anew for each such stretch of event time, e.g. "7d"; None draws the same
            households for ever.
        salt: Samples of one salt agree: the same households in every dataset. Another salt draws others.
    """

    by: str | Sequence[str]
    rate: float = 1.0
    slices: Mapping[str, SliceRates] = field(default_factory=dict[str, SliceRates])
    periods: Mapping[str, float] = field(default_factory=dict[str, float])
    renewed_every: str | None = None
    salt: str = ""

    def __post_init__(self) -> None:
        if not self.units:
            message = "a sampling names no field to draw by"
            raise DeclarationError(message, next_step="Give the key of what belongs together, e.g. by='basket_id'.")
        rates = [self.rate, *self.periods.values(), *(rate for each in self.slices.values() for rate in each.values())]
        for rate in rates:
            if not 0 < rate <= 1:
                message = f"a sampling of {', '.join(self.units)} has the rate {rate:g}; allowed: above 0, at most 1"
                raise DeclarationError(message, next_step="Rows that nobody wants are left out by a filter.")
        odd = [period for period in self.periods if not _PERIOD.fullmatch(period)]
        if odd:
            message = f"{odd[0]!r} is no period of a sampling; write 2017, 2017-12 or 2017-12-24"
            raise DeclarationError(message)
        if self.renewed_every is not None and parse_duration(self.renewed_every).total_seconds() <= 0:
            message = "a sampling cannot be renewed every 0 seconds"
            raise DeclarationError(message)

    @property
    def units(self) -> tuple[str, ...]:
        """Fields that name a unit."""
        return (self.by,) if isinstance(self.by, str) else tuple(self.by)

    @property
    def version(self) -> str:
        """Hash of all that decides which rows are drawn, 16 hexadecimal digits."""
        return content_hash(self)[:16]

    def check(self, contract: Contract, event_time: str | None) -> None:
        """Refuse a sampling that names fields which its contract does not have, or fields without exact values."""
        for name in (*self.units, *self.slices):
            found = contract.field(name)
            if found is None or found.type == "number":
                what = "is a number, whose values are not exact" if found else "is not in the contract"
                message = f"the sampling of {contract.dataset!r} names {name!r}, which {what}"
                raise DeclarationError(message, next_step=f"Fields: {', '.join(contract.names)}.")
        if event_time is None and (self.periods or self.renewed_every):
            message = f"the sampling of {contract.dataset!r} goes by periods, and it has no event time"
            raise DeclarationError(message, next_step="Declare event_time.")


@dataclass(frozen=True, slots=True)
class Draw:
    """What a sampling says of each of some rows.

    Args:
        rates: Chance of each row.
        chosen: Whether it is in the sample.
        unit_hashes: One number per unit, the same wherever the unit is met.
    """

    rates: Floats
    chosen: npt.NDArray[np.bool_]
    unit_hashes: Hashes


def draw(sampling: Sampling, rows: pl.DataFrame, event_time: str | None) -> Draw:
    """Decide about rows that have the types of their contract."""
    hashes = _unit_hashes(sampling, rows, event_time)
    rates = _rates(sampling, rows, event_time)
    return Draw(rates, as_fraction(hashes) < rates, hashes)


def _unit_hashes(sampling: Sampling, rows: pl.DataFrame, event_time: str | None) -> Hashes:
    seed = int(content_hash(["sampling", sampling.salt])[:16], 16)
    hashes = np.full(rows.height, seed, dtype=np.uint64)
    for name in sampling.units:
        # Of the value as text for text, as number for the rest; an absent value is a value of its own.
        values = rows[name]
        known = values.is_not_null()
        present = hash_rows(rows.filter(known).select(name), (name,), seed=seed)
        column = np.zeros(rows.height, dtype=np.uint64)
        column[known.to_numpy()] = present
        hashes = mix(hashes ^ column)
    if sampling.renewed_every is None or event_time is None:
        return hashes
    length_us = int(parse_duration(sampling.renewed_every).total_seconds() * 1_000_000)
    turns = rows[event_time].dt.epoch("us").to_numpy() // length_us
    return mix(hashes ^ mix(turns.astype(np.int64).view(np.uint64) + np.uint64(1)))


def _rates(sampling: Sampling, rows: pl.DataFrame, event_time: str | None) -> Floats:
    named = [
        pl.col(name).replace_strict(dict(rates), default=None, return_dtype=pl.Float64)
        for name, rates in sampling.slices.items()
    ]
    if sampling.periods and event_time is not None:
        day = pl.col(event_time).dt.strftime("%Y-%m-%d")
        named += [pl.when(day.str.starts_with(period)).then(rate) for period, rate in sampling.periods.items()]
    if not named:
        return np.full(rows.height, sampling.rate)
    rates = rows.select(pl.min_horizontal(named).fill_null(sampling.rate).alias("rate"))["rate"]
    return rates.cast(pl.Float64).to_numpy()
