"""Arguments of a mitigation as people type them: name=value."""

from steek.kernel.errors import InputError


def argument_pairs(arguments: list[str]) -> dict[str, object]:
    """Names and values. Raises InputError for what has no equals sign.

    >>> argument_pairs(["model=partner_demand", "to=17"])
    {'model': 'partner_demand', 'to': '17'}
    """
    pairs: dict[str, object] = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals:
            message = f"{argument!r} is not of the form name=value"
            raise InputError(message, next_step="'steek incident menu' shows what each mitigation takes.")
        pairs[name] = value
    return pairs
