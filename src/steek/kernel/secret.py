"""A value that must not be told: it prints as where it came from, and no JSON takes it."""

from collections.abc import Iterable, Mapping

from steek.kernel.errors import SettingsError

HIDDEN = "(hidden)"
_FROM_ENVIRONMENT = "env:"
_SHORTEST = 4


class Secret:
    """Text that is handed over only by `reveal`; equal to nothing but itself.

    Args:
        value: The text; None when the variable that should hold it is not set.
        reference: Where it came from, e.g. "env:PAGER_KEY"; empty for one written into a file.
    """

    __slots__ = ("_value", "reference")

    def __init__(self, value: str | None, reference: str = "") -> None:
        self._value = value
        self.reference = reference

    def __repr__(self) -> str:
        return f"Secret({self.reference or HIDDEN})"

    __str__ = __repr__

    @property
    def is_set(self) -> bool:
        return bool(self._value)

    def reveal(self) -> str:
        """The text itself.

        Raises:
            SettingsError: the variable that should hold it is not set.
        """
        if not self._value:
            variable = self.reference.removeprefix(_FROM_ENVIRONMENT)
            message = f"the environment variable {variable} is not set" if variable else "a secret is empty"
            raise SettingsError(message, next_step="Set it for this process and start again.")
        return self._value


def secret_of(text: str, variables: Mapping[str, str]) -> Secret:
    """A secret as settings name it: `env:NAME` is the variable of that name, everything else the secret itself.

    >>> secret_of("env:PAGER_KEY", {"PAGER_KEY": "hunter2"})
    Secret(env:PAGER_KEY)
    """
    if text.startswith(_FROM_ENVIRONMENT):
        return Secret(variables.get(text.removeprefix(_FROM_ENVIRONMENT)), text)
    return Secret(text)


def without_secrets(text: str, secrets: Iterable[Secret]) -> str:
    """The text with every secret in it blotted out; those of under four letters are no secrets.

    >>> without_secrets("POST https://chat.example/hunter2 failed", [Secret("hunter2")])
    'POST https://chat.example/(hidden) failed'
    """
    values = {secret.reveal() for secret in secrets if secret.is_set}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            text = text.replace(value, HIDDEN)
    return text
