"""Names of things: `kind:name@version`, for example `trained:partner_demand/69@17`."""

from dataclasses import dataclass

from steek.kernel.errors import InputError


@dataclass(frozen=True, slots=True)
class Urn:
    """A thing in the ledger. `version` is None for the thing across its versions.

    >>> str(Urn("dataset", "transactions", "812"))
    'dataset:transactions@812'
    """

    kind: str
    name: str
    version: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" + (f"@{self.version}" if self.version is not None else "")

    @classmethod
    def parse(cls, text: str) -> "Urn":
        """Read `kind:name@version`; the version may be missing.

        Raises:
            InputError: no kind or no name.
        """
        kind, colon, rest = text.partition(":")
        name, at, version = rest.partition("@")
        if not (kind and colon and name) or (at and not version):
            message = f"{text!r} is not a name of the form kind:name@version"
            raise InputError(message, next_step="For example dataset:transactions@812 or trained:search_ranking@17.")
        return cls(kind, name, version or None)
