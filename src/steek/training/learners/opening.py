"""From a learner spec to the learner it names."""

from collections.abc import Callable
from typing import cast

from steek.kernel.errors import DeclarationError
from steek.kernel.plugins import load_plugin
from steek.models import LearnerSpec
from steek.training.ports import Learner


def open_learner(spec: LearnerSpec) -> Learner:
    """The learner a spec names, with its parameters.

    Raises:
        NotFoundError: no such learner; the message lists what is installed.
        DeclarationError: parameters it does not take.
    """
    build = cast("Callable[..., Learner]", load_plugin("learner", spec.name))
    try:
        return build(**spec.parameters)
    except TypeError as cause:
        message = f"learner {spec.name!r} cannot be built from {dict(spec.parameters)}: {cause}"
        raise DeclarationError(
            message, next_step=f"Use the builder of {spec.name}, which names its parameters."
        ) from cause
