"""The quarantine as a service: look at rows, send them again, or give them up."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import polars as pl
from sqlalchemy import Connection

from steek.data.contracts.contract import Contract
from steek.data.datasets import AnyDataset, Dataset, contract_of
from steek.data.ingest import receipts
from steek.data.ingest.ingestion import Ingestion
from steek.data.ingest.steps import StepsFor, no_steps
from steek.data.lake.lake import Lake, check_key
from steek.data.quarantine import decisions
from steek.data.quarantine.decisions import QuarantineAction, QuarantineDecision
from steek.data.quarantine.rows import (
    ROWS_SCHEMA,
    QuarantinedRow,
    ReasonCount,
    RowState,
    count_reasons,
    from_ranges,
    masked,
    parse_row_id,
    parsed,
    to_ranges,
    to_rows,
)
from steek.data.validation.feed import store
from steek.data.validation.feed.checking import REJECTED
from steek.data.validation.rows import Validator
from steek.governance import Actor
from steek.kernel.clock import Clock
from steek.kernel.errors import ContractViolationError, InputError, NotFoundError, RefusedError
from steek.kernel.records import content_hash
from steek.ledger import Database, Draft, Ledger

_NEW_ROW = ["receipt_id", "position"]
_PAST: dict[QuarantineAction, str] = {"replay": "quarantine.replayed", "discard": "quarantine.discarded"}


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows that are asked for; what is not given selects all.

    Args:
        receipt_id: Those of one batch.
        reason: Those with a reason that contains this text.
        rows: Those with these ids.
        discarded: Also those that were given up before.
    """

    receipt_id: str | None = None
    reason: str | None = None
    rows: tuple[str, ...] = ()
    discarded: bool = False


class Quarantine:
    """Rows that did not fit their contract. Safe to share between threads and processes.

    Args:
        lake: Opened for maintenance: it reads every row as it came.
        ingestion: Where rows go that fit now.
        database: Where decisions live.
        ledger: Where acts become events.
        clock: When they were done.
        datasets: Declarations by name, contracts loaded.
        steps_for: What is done to rows before they are validated, as on their first way in.
    """

    def __init__(
        self,
        lake: Lake,
        ingestion: Ingestion,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        datasets: Mapping[str, AnyDataset],
        steps_for: StepsFor = no_steps,
    ) -> None:
        self._lake = lake
        self._ingestion = ingestion
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._datasets = datasets
        self._steps_for = steps_for

    def reasons(self, dataset: str) -> list[ReasonCount]:
        """Open rows of a dataset by reason, the most frequent first."""
        return count_reasons(self._frame(dataset).filter(pl.col("state") == "open"))

    def count_open(self, dataset: str, selection: Selection | None = None) -> int:
        """How many of the selected rows nobody has decided about."""
        return _selected(self._frame(dataset), selection or Selection(), open_only=True).filter(state="open").height

    def rows(
        self,
        dataset: str,
        selection: Selection | None = None,
        *,
        state: RowState | None = None,
        limit: int = 100,
        reader: Actor | None = None,
    ) -> list[QuarantinedRow]:
        """Rows of a dataset, newest batch first.

        Args:
            dataset: Name.
            selection: Which rows; by default all.
            state: Only open, replayed or discarded ones.
            limit: At most so many.
            reader: Who asks. Protected values are masked unless a policy opens the table to this reader; then the
                read is written down.
        """
        found = _selected(self._frame(dataset), selection or Selection(discarded=True), open_only=False)
        if state is not None:
            found = found.filter(pl.col("state") == state)
        newest = found.sort(pl.col("received_at").dt.epoch("us") * -1, "receipt_id", "position").head(limit)
        return self._seen(dataset, to_rows(newest), reader)

    def show(self, id: str, *, reader: Actor | None = None) -> QuarantinedRow:
        """One row by its id. Raises NotFoundError, InputError."""
        receipt_id, position = parse_row_id(id)
        with self._database.reading() as connection:
            receipt = receipts.find_by_id(connection, receipt_id)
        if receipt is not None:
            found = self._frame(receipt.dataset).filter(receipt_id=receipt_id, position=position)
            if found.height:
                return self._seen(receipt.dataset, to_rows(found), reader)[0]
        message = f"no row {id!r} in quarantine"
        raise NotFoundError(message, next_step="'steek quarantine list DATASET --rows' shows the newest.")

    def decisions(self, dataset: str) -> list[QuarantineDecision]:
        """What was done with rows of a dataset, in order."""
        self._dataset(dataset)
        with self._database.reading() as connection:
            return decisions.list_decisions(connection, dataset)

    def discard(self, dataset: str, selection: Selection, *, reason: str, actor: str, key: str) -> QuarantineDecision:
        """Give rows up. They stay in the table, and a replay that asks for discarded rows takes them up again.

        Raises:
            NotFoundError: no such dataset.
            InputError: no reason, or an id that is none.
            ConflictError: the key was used for another act.
        """
        if not reason.strip():
            message = "to give rows up takes a reason"
            raise InputError(message, next_step="Say in a sentence why nobody needs them.")
        self._dataset(dataset)
        asked = _asked(dataset, "discard", selection)
        found = _selected(self._frame(dataset), selection, open_only=True)
        draft = self._draft(dataset, "discard", asked, found, actor=actor, reason=reason, key=key)
        with self._database.transaction() as connection:
            stored = decisions.find(connection, key, asked)
            if stored is not None:
                return stored
            act = replace(self._unclaimed(connection, draft, discarded=False), state="done")
            decisions.write(connection, act)
            self._ledger.append(connection, _event(act, []))
        return act

    def replay(
        self, dataset: str, selection: Selection, *, actor: str, key: str, reason: str = ""
    ) -> QuarantineDecision:
        """Judge rows by the present contract and cleaning, and send those that fit now through the ordinary door.

        Each row is sent at most once, whatever crashes or races: which rows a replay takes is written down before
        they are sent, under keys made of receipt, contract and rows. The rest stays as it is.

        Raises:
            NotFoundError: no such dataset.
            InputError: an id that is none.
            ConflictError: the key was used for another act.
        """
        declared = self._dataset(dataset)
        if declared.mode == "replace":
            message = f"dataset {dataset!r} is replaced as a whole; single rows cannot be added to it"
            raise InputError(message, next_step="Send the whole table again.")
        asked = _asked(dataset, "replay", selection)
        self._finish_begun(dataset)
        with self._database.reading() as connection:
            stored = decisions.find(connection, key, asked)
        if stored is not None:
            return stored
        contract = _contract(declared)
        found = _selected(self._frame(dataset), selection, open_only=True)
        rejected = pl.col("reason").str.starts_with(REJECTED)
        if selection.receipt_id is None and selection.reason is None and not selection.rows:
            # A batch that a person turned away comes back only when it is named.
            found = found.filter(~rejected)
        protected = any(field.pseudonym or field.sealed for field in contract.fields)
        # Values of a rejected batch were protected on its way in, and would be so twice.
        fits = self._fitting(declared, contract, found.filter(~rejected) if protected else found)
        draft = self._draft(dataset, "replay", asked, fits, actor=actor, reason=reason, key=key)
        draft = replace(draft, left_count=found.height - fits.height, contract_hash=contract.hash)
        with self._database.transaction() as connection:
            stored = decisions.find(connection, key, asked)
            if stored is None:
                decisions.write(connection, self._unclaimed(connection, draft, discarded=selection.discarded))
        self._finish_begun(dataset)
        with self._database.reading() as connection:
            done = decisions.find(connection, key, asked)
        assert done is not None
        return done

    def _finish_begun(self, dataset: str) -> None:
        """Send what a replay took and did not send yet, of this process or of one that died."""
        with self._database.reading() as connection:
            begun = [act for act in decisions.list_decisions(connection, dataset) if act.state == "begun"]
        for act in begun:
            sent = self._send(act)
            with self._database.transaction() as connection:
                if decisions.finish(connection, act, sent):
                    for id in sent:
                        # A handful of mended rows is not what the next whole batch should look like.
                        store.leave_out(connection, id)
                    self._ledger.append(connection, _event(act, sent))

    def _send(self, act: QuarantineDecision) -> list[str]:
        rows = self._frame(act.dataset).join(from_ranges(act.rows), on=_NEW_ROW, how="semi").sort(_NEW_ROW)
        sent: list[str] = []
        for (receipt_id,), part in rows.group_by("receipt_id", maintain_order=True):
            name = content_hash([act.contract_hash, part["position"].to_list()])[:24]
            payload = "\n".join(part["row"]).encode()
            key = f"replay:{receipt_id}:{name}"
            sent.append(self._ingestion.ingest(act.dataset, payload, format="ndjson", key=key, actor=act.actor).id)
        return sent

    def _fitting(self, dataset: Dataset, contract: Contract, found: pl.DataFrame) -> pl.DataFrame:
        """Those of the rows that the present cleaning and contract take."""
        parts = [found.clear()]
        for _, part in found.sort(_NEW_ROW).group_by("receipt_id", maintain_order=True):
            rows = parsed(part["row"].to_list())
            try:
                for step in self._steps_for(dataset, contract).before_validation:
                    rows = step.apply(rows)
                known = rows.select(name for name in rows.columns if not name.startswith("_"))
                bad = Validator(contract, known.schema, textual=True).validate(known).quarantined["position"]
            except ContractViolationError:
                # Columns that the contract does not know, or lacks: none of these rows can be taken.
                continue
            parts.append(part.with_row_index("_at").filter(~pl.col("_at").is_in(bad.implode())).drop("_at"))
        return pl.concat(parts)

    def _frame(self, dataset: str) -> pl.DataFrame:
        """All rows ever held back, with what became of them."""
        name = f"quarantine.{self._dataset(dataset).name}"
        if self._lake.latest_version(name) is None:
            return pl.DataFrame(schema={**ROWS_SCHEMA, "state": pl.String})
        with self._database.reading() as connection:
            known = decisions.states(decisions.list_decisions(connection, dataset))
        # A row whose person was erased cannot be opened any more, and is as good as gone.
        rows = self._lake.scan(name).select(list(ROWS_SCHEMA)).filter(pl.col("row").is_not_null()).collect()
        return rows.join(known, on=_NEW_ROW, how="left").with_columns(pl.col("state").fill_null("open"))

    def _draft(
        self,
        dataset: str,
        action: QuarantineAction,
        asked: Mapping[str, object],
        rows: pl.DataFrame,
        *,
        actor: str,
        reason: str,
        key: str,
    ) -> QuarantineDecision:
        check_key(key)
        return QuarantineDecision(
            key=key,
            dataset=dataset,
            action=action,
            state="begun",
            asked=asked,
            rows=to_ranges(rows),
            row_count=rows.height,
            left_count=0,
            contract_hash=None,
            actor=actor,
            reason=reason,
            at=self._clock.now(),
        )

    def _unclaimed(self, connection: Connection, act: QuarantineDecision, *, discarded: bool) -> QuarantineDecision:
        """The act without rows that another act took in the meantime."""
        taken = decisions.states(decisions.list_decisions(connection, act.dataset))
        if discarded:
            taken = taken.filter(pl.col("state") == "replayed")
        free = from_ranges(act.rows).join(taken, on=_NEW_ROW, how="anti")
        return replace(act, rows=to_ranges(free), row_count=free.height)

    def _seen(self, dataset: str, rows: list[QuarantinedRow], reader: Actor | None) -> list[QuarantinedRow]:
        contract = _contract(self._dataset(dataset))
        if reader is not None and rows and self._is_open(dataset, reader):
            return rows
        return [masked(row, contract) for row in rows]

    def _is_open(self, dataset: str, reader: Actor) -> bool:
        try:
            opened = self._lake.opened_by(reader).scan(f"quarantine.{dataset}")
        except RefusedError:
            return False
        return "row" in opened.collect_schema()

    def _dataset(self, name: str) -> Dataset:
        if name not in self._datasets:
            raise NotFoundError.among("dataset", name, self._datasets)
        declared = self._datasets[name]
        if not isinstance(declared, Dataset):
            message = f"dataset {name!r} is derived from {', '.join(declared.inputs)}; it has no quarantine"
            raise InputError(message, next_step="Look at the quarantine of its inputs.")
        return declared


def _contract(dataset: Dataset) -> Contract:
    contract = contract_of(dataset)
    assert contract is not None
    return contract


def _asked(dataset: str, action: QuarantineAction, selection: Selection) -> dict[str, object]:
    return {"dataset": dataset, "action": action, **asdict(selection), "rows": list(selection.rows)}


def _selected(rows: pl.DataFrame, selection: Selection, *, open_only: bool) -> pl.DataFrame:
    wanted = ("open", "discarded") if selection.discarded else ("open",)
    found = rows.filter(pl.col("state").is_in(wanted)) if open_only else rows
    if selection.receipt_id is not None:
        found = found.filter(receipt_id=selection.receipt_id)
    if selection.reason is not None:
        found = found.filter(pl.col("reason").str.contains(selection.reason, literal=True))
    if selection.rows:
        ids = [parse_row_id(id) for id in selection.rows]
        named = pl.DataFrame(ids, schema={"receipt_id": pl.String, "position": pl.Int64}, orient="row")
        found = found.join(named, on=_NEW_ROW, how="semi")
    return found


def _event(act: QuarantineDecision, sent: Sequence[str]) -> Draft:
    facts: dict[str, object] = {
        "key": act.key,
        "rows": act.row_count,
        "left": act.left_count,
        "from_receipts": sorted(act.rows),
        "receipts": list(sent),
        "reason": act.reason,
    }
    edges = tuple((f"receipt:{old}", f"receipt:{new}") for old, new in zip(sorted(act.rows), sent, strict=False))
    return Draft(_PAST[act.action], f"dataset:{act.dataset}", act.actor, facts, edges=edges)
