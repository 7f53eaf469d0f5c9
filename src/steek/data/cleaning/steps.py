"""The cleaning of a dataset as a step of ingestion."""

from steek.data.cleaning.cleaning import Cleaning
from steek.data.contracts.contract import Contract
from steek.data.datasets import Dataset
from steek.data.ingest.steps import Step


def cleaning_steps(dataset: Dataset, contract: Contract) -> tuple[Step, ...]:
    """Steps before validation, for one batch; none where the dataset declares no cleaning."""
    return (Cleaning(dataset.cleaning, contract),) if dataset.cleaning else ()
