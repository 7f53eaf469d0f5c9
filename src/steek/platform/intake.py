"""What is done to rows on their way in, put together from the rooms that know how."""

from collections.abc import Callable

from steek.data import (
    Compliance,
    Contract,
    ContractChanges,
    Dataset,
    FeedChecking,
    IngestOptions,
    IntakeSteps,
    Spool,
    cleaning_steps,
    sampling_steps,
)
from steek.data.erasure.exclusion import Exclusion
from steek.governance import KeyVault, Pseudonyms, hold_back, protection_steps
from steek.kernel.clock import Clock
from steek.kernel.settings import Settings


def intake_steps(
    pseudonyms: Pseudonyms, vault: KeyVault, exclusion: Exclusion, compliance: Compliance
) -> Callable[[Dataset, Contract], IntakeSteps]:
    """Steps of a batch: clean, then the contract judges, then leave out who was erased, then filter and sample, then
    protect what is personal. Nothing is taken of a dataset that may not lie where this lake does.
    """

    def steps(dataset: Dataset, contract: Contract) -> IntakeSteps:
        compliance.admit(dataset)
        return IntakeSteps(
            before_validation=cleaning_steps(dataset, contract),
            after_validation=(
                *exclusion.steps(contract),
                *sampling_steps(dataset, contract),
                *protection_steps(contract, pseudonyms, vault),
            ),
            hold_back=hold_back(contract, vault),
        )

    return steps


def contract_changes(settings: Settings) -> ContractChanges:
    """Whether a contract in the project's files may break the one that holds."""
    return "free" if settings.text("contract_changes") == "free" else "guarded"


def ingest_options(
    settings: Settings,
    clock: Clock,
    pseudonyms: Pseudonyms,
    vault: KeyVault,
    feed: FeedChecking,
    exclusion: Exclusion,
    compliance: Compliance,
) -> IngestOptions:
    """The spool of this machine, the steps of every batch and the checks of its feed."""
    return IngestOptions(
        spool=Spool(settings.data_path / "spool", settings.number("spool_max_bytes"), clock),
        steps=intake_steps(pseudonyms, vault, exclusion, compliance),
        feed=feed.watch,
        contract_changes=contract_changes(settings),
        max_expanded_bytes=settings.number("max_expanded_bytes"),
    )
