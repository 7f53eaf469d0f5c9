"""The one error tree of steek.

    SteekError
    ├── InputError                 what was given is wrong
    │   ├── SettingsError          steek.toml or an environment variable
    │   ├── DeclarationError       a project's Python declares something impossible
    │   ├── UnreadableError        a payload or file cannot be parsed
    │   ├── ContractViolationError a batch does not fit its contract as a whole
    │   └── TooLargeError          more bytes than are taken at once
    ├── NotFoundError              a thing by that name does not exist
    ├── ConflictError              right request, wrong moment
    │   ├── IllegalTransitionError an action its state does not allow
    │   ├── StaleWriteError        somebody else wrote first
    │   └── FrozenError            an incident holds this system still
    ├── RefusedError               steek will not do this to production
    │   ├── GateRefusedError       a gate did not pass
    │   └── ZeroMatchesError       a join matched nothing
    ├── IntegrityError             something stored is not what was written
    │   ├── DamagedArtifactError   checksum or identity differs
    │   └── BrokenChainError       the ledger's hash chain does not hold
    ├── ResourceError              this machine cannot do it now
    │   ├── StorageFullError       no space left
    │   ├── PortInUseError         another process listens there
    │   ├── BusyError              a lock is held or a queue is full
    │   └── MissingExtraError      an optional dependency is not installed
    └── UserCodeError              a feature, learner or check of the project raised

Every leaf has a stable `code`; surfaces map codes to HTTP and exit status in one table each.
A message says what, which value, what is allowed; `next_step` says what to do.
"""

import traceback
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from difflib import get_close_matches

# Frames of the standard library's import machinery and of steek itself say nothing about a project's code.
# Cut from text: pure rooms use this module, and must not come to know the file system through it.
_NOT_OWN = (
    __file__.removesuffix("errors.py")[: -len("kernel/")],
    "<frozen",
    traceback.__file__.removesuffix("traceback.py"),
)


class SteekError(Exception):
    """Root of everything steek raises on purpose.

    Args:
        message: What is wrong and which value.
        next_step: What the reader can do about it; may be empty.
        details: Further facts for machines; values must be JSON-serialisable.
    """

    code = "steek"

    def __init__(self, message: str, *, next_step: str = "", details: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.details = details or {}

    def __str__(self) -> str:
        return f"{self.message}\n{self.next_step}" if self.next_step else self.message


class InputError(SteekError):
    code = "input"


class SettingsError(InputError):
    code = "settings"


class DeclarationError(InputError):
    code = "declaration"


class UnreadableError(InputError):
    code = "unreadable"


class ContractViolationError(InputError):
    code = "contract_violation"


class TooLargeError(InputError):
    code = "too_large"


class NotFoundError(SteekError):
    code = "not_found"

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str], *, next_step: str = "") -> "NotFoundError":
        r"""Build the message for a missing name, with the nearest known one as a hint.

        >>> str(NotFoundError.among("dataset", "transaction", ["transactions", "products"]))
        "no dataset named 'transaction'; there are: products, transactions\nDid you mean 'transactions'?"
        """
        message, hint = describe_unknown(kind, name, known)
        return cls(message, next_step=" ".join(part for part in (hint, next_step) if part))


class ConflictError(SteekError):
    code = "conflict"


class IllegalTransitionError(ConflictError):
    code = "illegal_transition"


class StaleWriteError(ConflictError):
    code = "stale_write"


class FrozenError(ConflictError):
    code = "frozen"


class RefusedError(SteekError):
    code = "refused"


class GateRefusedError(RefusedError):
    code = "gate_refused"


class ZeroMatchesError(RefusedError):
    code = "zero_matches"


class IntegrityError(SteekError):
    code = "integrity"


class DamagedArtifactError(IntegrityError):
    code = "damaged_artifact"


class BrokenChainError(IntegrityError):
    code = "broken_chain"


class ResourceError(SteekError):
    code = "resource"


class StorageFullError(ResourceError):
    code = "storage_full"


class PortInUseError(ResourceError):
    code = "port_in_use"


class BusyError(ResourceError):
    code = "busy"


class MissingExtraError(ResourceError):
    code = "missing_extra"


class UserCodeError(SteekError):
    code = "user_code"


def describe_unknown(kind: str, name: str, known: Iterable[str]) -> tuple[str, str]:
    """Message and hint for a name that is not among `known`; the hint is empty when nothing is near."""
    names = sorted(known)
    listed = ", ".join(names) if names else "none"
    near = get_close_matches(name, names, n=1)
    return f"no {kind} named {name!r}; there are: {listed}", f"Did you mean {near[0]!r}?" if near else ""


@contextmanager
def user_code(what: str) -> Generator[None]:
    """Boundary around code of the project: its errors become UserCodeError and keep their cause.

    Args:
        what: The thing being run, for the message, e.g. "feature view household_recent".
    """
    try:
        yield
    except SteekError:
        raise
    except Exception as cause:
        message = f"{what} raised {type(cause).__name__}: {cause}"
        raise UserCodeError(message, next_step=f"See {where_raised(cause)}.") from cause


def where_raised(cause: BaseException) -> str:
    """File and line of the innermost own code that an error came through, as people look it up.

    Own is what is neither installed nor part of steek; without any, as when an engine fails later, the last frame.
    """
    if isinstance(cause, SyntaxError) and cause.filename:
        return f"{cause.filename}, line {cause.lineno}"
    frames = traceback.extract_tb(cause.__traceback__)
    own = [
        frame for frame in frames if not frame.filename.startswith(_NOT_OWN) and "site-packages" not in frame.filename
    ]
    last = (own or frames)[-1:]
    return f"{last[0].filename}, line {last[0].lineno}" if last else "the code of the project"
