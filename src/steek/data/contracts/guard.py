"""The door between a contract in a project's files and the one that holds."""

from typing import Literal

from sqlalchemy import Connection

from steek.data.contracts.compatibility import compare
from steek.data.contracts.contract import Contract
from steek.data.contracts.log import latest_contract, latest_hash
from steek.kernel.errors import ContractViolationError

ContractChanges = Literal["guarded", "free"]


def refuse_unproposed(connection: Connection, contract: Contract, *, changes: ContractChanges = "guarded") -> None:
    """Refuse a batch whose declared contract breaks the one that holds; to be called before anything is written.

    A first contract, an equal one, and one that only widens pass and are noted with the batch. An applied proposal
    makes its contract the one that holds, so it passes too.

    Args:
        connection: Any open connection; one row is read.
        contract: The declared contract of the batch's dataset.
        changes: "guarded" refuses, "free" lets every change through, as before contracts could be proposed.

    Raises:
        ContractViolationError: the change is breaking and was never applied; names the changes and the command.
    """
    if changes == "free" or latest_hash(connection, contract.dataset) in (None, contract.hash):
        return
    holds = latest_contract(connection, contract.dataset)
    assert holds is not None
    breaking = compare(holds, contract).breaking
    if not breaking:
        return
    told = " ".join(change.sentence for change in breaking)
    message = (
        f"the declared contract of {contract.dataset!r} (version {contract.version or 'unnamed'}) breaks the one that "
        f"holds (version {holds.version or 'unnamed'}): {told}"
    )
    step = (
        f"Show its impact and ask the owners downstream with 'steek contract propose --dataset {contract.dataset}', "
        "or go back to the contract that holds."
    )
    details: dict[str, object] = {"breaking": [{"field": change.where, "what": change.what} for change in breaking]}
    raise ContractViolationError(message, next_step=step, details=details)
