"""Trained models in memory, ready to answer."""

import hashlib
from collections.abc import Callable

import numpy as np

from steek.kernel.errors import DamagedArtifactError, NotFoundError
from steek.models import FleetBundle, ModelFormat, Predictor, Registry, TrainedModel, open_format, unpack


class WarmVersion:
    """One trained model, loaded from an artifact whose checksum was found right; safe to share between threads.

    Members of a fleet are loaded when first asked for: a fleet has thousands, a day asks for some.
    """

    def __init__(self, trained: TrainedModel, artifact: bytes) -> None:
        self.trained = trained
        self.artifact_sha256 = hashlib.sha256(artifact).hexdigest()
        _require_same(trained, "artifact_sha256", trained.artifact_sha256, self.artifact_sha256)
        format = open_format(trained.format)
        self._members: dict[str, Predictor] = {}
        self._bundle: FleetBundle | None = None
        if trained.members is None:
            self._load: Callable[[str | None], Predictor] = _single(trained, format, artifact)
        else:
            self._bundle = unpack(artifact)
            self._load = self._member
        self._format = format
        self._try_out()

    @property
    def version(self) -> int:
        return self.trained.version

    def predictor(self, member: str | None) -> Predictor:
        """The predictor that answers for `member` (None for a single model).

        Raises:
            NotFoundError: the fleet has no such member.
        """
        return self._load(member)

    def _member(self, member: str | None) -> Predictor:
        assert self._bundle is not None
        if member is None:
            message = f"{self.trained.urn} is a fleet; a query must name its member"
            raise NotFoundError(message)
        predictor = self._members.get(member)
        if predictor is None:
            predictor = _checked(self.trained, self._format.load(self._bundle.get(member)))
            self._members[member] = predictor
        return predictor

    def _try_out(self) -> None:
        """One prediction on a row of missing features, so that a version that cannot predict is never called ready."""
        member = None if self._bundle is None else next(iter(self._bundle.names()), None)
        if self._bundle is None or member is not None:
            row = np.full((1, len(self.trained.feature_names)), np.nan, dtype=np.float32)
            self.predictor(member).predict(row)


def load_version(registry: Registry, model: str, version: int) -> WarmVersion:
    """Read a version from the registry and load it.

    Raises:
        NotFoundError: the version or its artifact is missing.
        DamagedArtifactError: the artifact is not what was trained.
        UnreadableError: the artifact is not of its format.
    """
    trained = registry.get(model, version)
    return WarmVersion(trained, registry.artifact(trained))


def _single(trained: TrainedModel, format: ModelFormat, artifact: bytes) -> Callable[[str | None], Predictor]:
    predictor = _checked(trained, format.load(artifact))
    return lambda _member: predictor


def _checked(trained: TrainedModel, predictor: Predictor) -> Predictor:
    _require_same(trained, "feature_names", trained.feature_names, tuple(predictor.feature_names))
    return predictor


def _require_same(trained: TrainedModel, what: str, expected: object, found: object) -> None:
    if expected != found:
        message = f"{trained.urn} is not what was registered: {what} is {found}, not {expected}"
        raise DamagedArtifactError(message, next_step="Roll back to another version, then retrain.")
