"""The registry of definitions and trained models."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, insert, select

from steek.formats.fleet import FleetBundle, unpack
from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError
from steek.kernel.records import content_hash
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.models.artifacts import ArtifactStore
from steek.models.definition import ModelDefinition
from steek.models.description import Views, describe, difference
from steek.models.tables import model_definitions, trained_models
from steek.models.trained import NewTrainedModel, TrainedModel, trained_urn


class Registry:
    """Every definition and every trained model there was; safe to share between threads and processes.

    Args:
        database: Where records are kept.
        ledger: Where changes are told.
        clock: Time of training and registration.
        artifacts: Where artifacts are kept.
        views: Declared feature views by name, so that a change of their code changes the definitions that use
            them; None looks at the code of whole views and examples alone.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        artifacts: ArtifactStore,
        views: Views | None = None,
    ) -> None:
        self._views = views
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._artifacts = artifacts

    def register(self, definition: ModelDefinition, *, actor: str = "steek") -> str:
        """Record a definition and return its hash; the one that is in force already is not recorded again."""
        content = describe(definition, self._views)
        hash = content_hash(content)
        with self._database.transaction() as connection:
            newest = _newest_definition(connection, definition.name)
            if newest is not None and newest["hash"] == hash:
                return hash
            number = 1 if newest is None else newest["number"] + 1
            row = {"name": definition.name, "number": number, "hash": hash, "content": content}
            now = self._clock.now()
            connection.execute(insert(model_definitions).values(**row, owner=definition.owner, registered_at=now))
            self._ledger.append(connection, _definition_event(definition, hash, content, newest, actor))
        return hash

    def definition_content(self, name: str, hash: str | None = None) -> dict[str, Any]:
        """The description of a definition: the one with `hash`, or the one in force.

        Raises:
            NotFoundError: never registered.
        """
        query = select(model_definitions).where(model_definitions.c.name == name)
        if hash is not None:
            query = query.where(model_definitions.c.hash == hash)
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(model_definitions.c.number.desc()).limit(1)).mappings().first()
        if row is None:
            message = f"no definition of model {name!r}" + (f" with hash {hash[:12]}…" if hash else "")
            raise NotFoundError(message, next_step="Definitions are registered when the project is opened for work.")
        return row["content"]

    def add(self, new: NewTrainedModel, artifact: bytes, *, key: str, actor: str = "steek") -> TrainedModel:
        """Keep a trained model with its artifact and give it the next version of its name.

        Called again with the same key it returns what it kept the first time.

        Raises:
            StorageFullError: no space for the artifact; nothing was recorded.
        """
        sha256 = self._artifacts.put(artifact)
        with self._database.transaction() as connection:
            known = _first(connection, select(trained_models).where(trained_models.c.key == key))
            if known is not None:
                return known
            newest = select(func.max(trained_models.c.version)).where(trained_models.c.name == new.name)
            version = (connection.execute(newest).scalar_one() or 0) + 1
            trained = TrainedModel(
                **_shared(new),
                version=version,
                trained_at=self._clock.now(),
                artifact_sha256=sha256,
                artifact_bytes=len(artifact),
                state="kept",
                key=key,
            )
            connection.execute(insert(trained_models).values(_to_row(trained)))
            self._ledger.append(connection, _trained_event(trained, actor))
        return trained

    def get(self, name: str, version: int) -> TrainedModel:
        """One trained model.

        Raises:
            NotFoundError: no such version; the message names the latest.
        """
        query = select(trained_models).where(trained_models.c.name == name, trained_models.c.version == version)
        with self._database.reading() as connection:
            found = _first(connection, query)
        if found is None:
            latest = self.latest(name)
            if latest is None:
                raise NotFoundError.among("trained model", name, self.names())
            message = f"no trained model {trained_urn(name, version)}; the latest version is {latest.version}"
            raise NotFoundError(message, next_step=f"'steek models versions {name}' lists them.")
        return found

    def by_key(self, key: str) -> TrainedModel | None:
        """The model that was added with `key`, or None."""
        with self._database.reading() as connection:
            return _first(connection, select(trained_models).where(trained_models.c.key == key))

    def latest(self, name: str) -> TrainedModel | None:
        """The newest trained model of a name, or None."""
        return next(iter(self.list(name, limit=1)), None)

    def names(self) -> list[str]:
        """Names with at least one trained model, sorted."""
        with self._database.reading() as connection:
            query = select(trained_models.c.name).distinct().order_by(trained_models.c.name)
            return [row.name for row in connection.execute(query)]

    def artifact(self, trained: TrainedModel) -> bytes:
        """The artifact of a trained model, its checksum found right.

        Raises:
            NotFoundError: the file is gone.
            DamagedArtifactError: it is not what was trained; no parser has seen it.
        """
        return self._artifacts.get(trained.artifact_sha256)

    def bundle(self, trained: TrainedModel) -> FleetBundle:
        """The members of a trained fleet.

        Raises:
            NotFoundError: this model is no fleet, or the file is gone.
            DamagedArtifactError: as for `artifact`.
        """
        if trained.members is None:
            message = f"{trained.urn} is a single model and has no members"
            raise NotFoundError(message, next_step="Only definitions with partition_by make fleets.")
        return unpack(self.artifact(trained))

    def list(self, name: str, limit: int = 100) -> list[TrainedModel]:
        """Trained models of a name, newest first."""
        query = select(trained_models).where(trained_models.c.name == name)
        with self._database.reading() as connection:
            ordered = query.order_by(trained_models.c.version.desc()).limit(limit)
            return [_to_record(row) for row in connection.execute(ordered).mappings()]


def _newest_definition(connection: Connection, name: str) -> RowMapping | None:
    query = select(model_definitions).where(model_definitions.c.name == name)
    return connection.execute(query.order_by(model_definitions.c.number.desc()).limit(1)).mappings().first()


def _definition_event(
    definition: ModelDefinition,
    hash: str,
    content: Mapping[str, Any],
    before: RowMapping | None,
    actor: str,
) -> Draft:
    subject = str(Urn("definition", definition.name, hash))
    if before is None:
        return Draft("definition.registered", subject, actor, {"owner": definition.owner})
    changed = difference(before["content"], content)
    return Draft("definition.changed", subject, actor, {"before": before["hash"], "changed": changed})


def _trained_event(trained: TrainedModel, actor: str) -> Draft:
    definition = str(Urn("definition", trained.name, trained.definition_hash))
    payload: dict[str, object] = {
        "version": trained.version,
        "definition_hash": trained.definition_hash,
        "window": trained.window,
        "data_until": trained.data_until,
        "rows": trained.rows,
        "format": trained.format,
        "artifact_sha256": trained.artifact_sha256,
        "artifact_bytes": trained.artifact_bytes,
        "members": trained.members,
        "report": trained.learner_report,
    }
    edges = tuple((urn, trained.urn) for urn in (definition, *trained.inputs))
    return Draft("model.trained", trained.urn, actor, payload, edges=edges)


def _shared(new: NewTrainedModel) -> dict[str, Any]:
    return {name: getattr(new, name) for name in NewTrainedModel.__dataclass_fields__}


def _to_row(trained: TrainedModel) -> dict[str, Any]:
    values = {name: getattr(trained, name) for name in TrainedModel.__dataclass_fields__ if name != "window"}
    return values | {
        "window_start_at": trained.window.start_at,
        "window_end_at": trained.window.end_at,
        "feature_names": list(trained.feature_names),
        "inputs": list(trained.inputs),
    }


def _to_record(row: RowMapping) -> TrainedModel:
    values: dict[str, Any] = {str(name): value for name, value in row.items() if not str(name).startswith("window_")}
    window = Window(row["window_start_at"], row["window_end_at"])
    values |= {"feature_names": tuple(row["feature_names"]), "inputs": tuple(row["inputs"])}
    return TrainedModel(**values, window=window)


def _first(connection: Connection, query: Select[Any]) -> TrainedModel | None:
    row = connection.execute(query).mappings().first()
    return None if row is None else _to_record(row)
