"""Contracts as YAML in the form of the Open Data Contract Standard, version 3.

Source: Bitol, Open Data Contract Standard 3.1 (github.com/bitol-io/open-data-contract-standard).
Parts of the standard that say nothing about rows (servers, roles, price, support) are left unread; a rule about rows
that steek would not enforce is an error, because a promise that nobody keeps is worse than none.
"""

from datetime import date
from pathlib import Path
from typing import Any, cast

import yaml

from steek.data.contracts.contract import Contract, Field, FieldType, Pseudonym
from steek.data.contracts.volume import ExpectedVolume
from steek.kernel.errors import DeclarationError, InputError, NotFoundError

_API_VERSION = "v3.1.0"
# Of any unit.
_LONGEST = 1e5
_UNITS = {
    **dict.fromkeys(("d", "day", "days"), (1, "d")),
    **dict.fromkeys(("h", "hr", "hour", "hours"), (1, "h")),
    **dict.fromkeys(("m", "min", "minute", "minutes"), (1, "m")),
    **dict.fromkeys(("w", "week", "weeks"), (1, "w")),
    **dict.fromkeys(("y", "yr", "year", "years"), (365, "d")),
}
# What the standard has no word for, as custom properties of a field.
_OWN = ("unit", "subject", "pseudonym", "scope", "sealed")
# ... and of the whole contract: rows per period and slice.
_VOLUMES = "expectedVolumes"
Node = dict[str, Any]


def read_contract(path: Path) -> Contract:
    """Read the contract in a YAML file.

    Raises:
        NotFoundError: there is no such file.
        DeclarationError: it is not a contract, or holds a rule that steek cannot enforce.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        message = f"no contract at {path}"
        raise NotFoundError(
            message, next_step="Write one in the Open Data Contract Standard, or mend the path."
        ) from None
    return parse_contract(text, origin=path.name)


def parse_contract(text: str, *, origin: str = "contract") -> Contract:
    """Read a contract from YAML text; `origin` names it in messages.

    Raises:
        DeclarationError: as for `read_contract`.
    """
    try:
        root: object = yaml.safe_load(text)
    # Dates that do not exist and endless numbers are a ValueError, what stands in itself or too deep a RecursionError,
    # and a key that can be none a TypeError.
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError) as cause:
        why = "nested too deeply" if isinstance(cause, RecursionError) else cause
        message = f"{origin} is not valid YAML: {why}"
        raise DeclarationError(message) from cause
    if not isinstance(root, dict) or cast("Node", root).get("kind") != "DataContract":
        message = f"{origin} is not a data contract: it must be a mapping with kind: DataContract"
        raise DeclarationError(message, next_step="See the Open Data Contract Standard, version 3.")
    try:
        return _contract(cast("Node", root), origin)
    except DeclarationError:
        raise
    except InputError as cause:
        message = f"{origin}: {cause.message}"
        raise DeclarationError(message, next_step=cause.next_step) from cause


def write_contract(contract: Contract) -> str:
    """The contract as YAML text; `parse_contract` reads the same contract back.

    >>> parse_contract(write_contract(Contract("t", "1", (Field("a", "integer", minimum=0),), owner="o"))).names
    ['a']
    """
    table: Node = {
        "name": contract.dataset,
        "logicalType": "object",
        "physicalType": "table",
        "properties": [_property(field, position) for field, position in _with_key_positions(contract)],
    }
    promises = (("retention", contract.retention), ("frequency", contract.cadence))
    about = (("source", contract.source), ("jurisdiction", contract.jurisdiction))
    root: Node = {
        "apiVersion": _API_VERSION,
        "kind": "DataContract",
        "id": contract.dataset,
        "name": contract.dataset,
        "version": contract.version,
        "status": "active",
        "description": {"purpose": contract.description} if contract.description else None,
        "schema": [table],
        "team": {"members": [{"username": contract.owner, "role": "owner"}]},
        "slaProperties": [_promise(name, text) for name, text in promises if text is not None],
        "customProperties": [
            *({"property": name, "value": value} for name, value in about if value),
            {"property": _VOLUMES, "value": [_volume(each) for each in contract.volumes]} if contract.volumes else None,
        ],
    }
    return yaml.safe_dump(_without_empty(root), sort_keys=False, allow_unicode=True, width=110)


def _contract(root: Node, origin: str) -> Contract:
    version = _text(root, "apiVersion", origin)
    if not version.startswith("v3."):
        message = f"{origin} has apiVersion {version!r}; versions v3.x are read"
        raise DeclarationError(message)
    tables = _nodes(root, "schema", origin)
    if len(tables) != 1:
        message = f"{origin} describes {len(tables)} tables; one contract is about one dataset"
        raise DeclarationError(message, next_step="Write one file per dataset.")
    table = tables[0]
    if table.get("quality"):
        message = f"{origin} has quality rules on the whole table, which would not be enforced"
        raise DeclarationError(message, next_step="Move them to the fields, or take them out.")
    custom = _custom(root, origin)
    promises = {_text(item, "property", origin): item for item in _nodes(root, "slaProperties", origin)}
    return Contract(
        dataset=_named(table, origin),
        version=_text(root, "version", origin),
        fields=tuple(_field(item, origin) for item in _nodes(table, "properties", origin)),
        owner=_owner(root, origin),
        source=_text(custom, "source", origin),
        jurisdiction=_text(custom, "jurisdiction", origin),
        retention=_duration(promises.get("retention"), origin),
        cadence=_duration(promises.get("frequency"), origin),
        description=_text(_node(root, "description", origin), "purpose", origin),
        volumes=tuple(_expected(item, origin) for item in _nodes(custom, _VOLUMES, origin)),
    )


def _field(item: Node, origin: str) -> Field:
    options = dict(_node(item, "logicalTypeOptions", origin))
    minimum, maximum = options.pop("minimum", None), options.pop("maximum", None)
    name = _named(item, origin)
    if options:
        message = (
            f"{origin}: field {name!r} has options that would not be enforced: {', '.join(map(_named_key, options))}"
        )
        raise DeclarationError(message, next_step="Enforced are minimum and maximum.")
    key = bool(item.get("primaryKey", False))
    own = _custom(item, origin)
    return Field(
        name=name,
        type=cast("FieldType", _text(item, "logicalType", origin) or "string"),
        unit=_text(own, "unit", origin),
        meaning=_text(item, "description", origin),
        nullable=not (key or bool(item.get("required", False))),
        minimum=minimum,
        maximum=maximum,
        categories=_categories(item, origin),
        key=key,
        sensitivity=_text(item, "classification", origin) or "internal",
        subject=_text(own, "subject", origin),
        pseudonym=cast("Pseudonym", _text(own, "pseudonym", origin)),
        scope=_text(own, "scope", origin),
        sealed=bool(own.get("sealed", False)),
    )


def _categories(item: Node, origin: str) -> tuple[str | int, ...]:
    listed: list[str | int] = [entry["value"] for entry in _nodes(item, "enum", origin) if "value" in entry]
    for rule in _nodes(item, "quality", origin):
        metric = rule.get("metric", rule.get("rule"))
        values: object = _node(rule, "arguments", origin).get("validValues")
        if metric != "invalidValues" or not isinstance(values, list) or rule.get("mustBe") != 0:
            what = _text(rule, "metric" if "metric" in rule else "rule", origin)
            message = f"{origin}: field {item.get('name')!r} has a quality rule that would not be enforced: {what!r}"
            raise DeclarationError(message, next_step="Enforced is invalidValues with validValues and mustBe: 0.")
        listed += cast("list[str | int]", values)
    return tuple(listed)


def _owner(root: Node, origin: str) -> str:
    # Version 3.0 has a list of members, 3.1 a team that has one.
    listed = isinstance(root.get("team"), list)
    members = _nodes(root, "team", origin) if listed else _nodes(_node(root, "team", origin), "members", origin)
    named = [_text(member, "username", origin) for member in members if member.get("role") == "owner"]
    owners = [name for name in named if name]
    if not owners:
        message = f"{origin} names nobody with the role owner in its team"
        raise DeclarationError(message, next_step="Add team: {members: [{username: ..., role: owner}]}.")
    return owners[0]


def _volume(volume: ExpectedVolume) -> Node:
    return {name: getattr(volume, name) for name in ExpectedVolume.__dataclass_fields__}


def _expected(item: Node, origin: str) -> ExpectedVolume:
    unknown = sorted(map(_named_key, set(item) - set(ExpectedVolume.__dataclass_fields__)))
    if unknown:
        message = f"{origin}: an expected volume has {', '.join(unknown)}"
        raise DeclarationError(message, next_step=f"It takes {', '.join(ExpectedVolume.__dataclass_fields__)}.")
    return ExpectedVolume(**item)


def _duration(promise: Node | None, origin: str) -> str | None:
    if promise is None:
        return None
    unit, value = _text(promise, "unit", origin), promise.get("value")
    if unit not in _UNITS or isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LONGEST:
        what = _text(promise, "property", origin)
        message = f"{origin}: {what} must have a positive number and one of the units {', '.join(_UNITS)}"
        raise DeclarationError(message)
    factor, letter = _UNITS[unit]
    return f"{value * factor:.15g}{letter}"


def _named(node: Node, origin: str) -> str:
    if not isinstance(node.get("name"), str):
        message = f"{origin}: a table or a property has no name"
        raise DeclarationError(message)
    return node["name"]


def _text(node: Node, key: str, origin: str) -> str:
    """What stands under a key, as text; empty where nothing does."""
    value: object = node.get(key)
    if value is not None and not isinstance(value, str | int | float | date):
        message = f"{origin}: {key} must be a text, not a {type(value).__name__}"
        raise DeclarationError(message)
    try:
        return "" if value is None else str(value)
    except ValueError as cause:
        message = f"{origin}: {key} is a number of too many digits"
        raise DeclarationError(message) from cause


def _named_key(key: object) -> str:
    return key if isinstance(key, str) else type(key).__name__


def _node(node: Node, key: str, origin: str) -> Node:
    value: object = node.get(key) or {}
    if not isinstance(value, dict):
        message = f"{origin}: {key} must be a mapping, not {type(value).__name__}"
        raise DeclarationError(message)
    return cast("Node", value)


def _nodes(node: Node, key: str, origin: str) -> list[Node]:
    value: object = node.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in cast("list[object]", value)):
        message = f"{origin}: {key} must be a list of mappings"
        raise DeclarationError(message)
    return cast("list[Node]", value)


def _property(field: Field, position: int | None) -> Node:
    bounds = {"minimum": field.minimum, "maximum": field.maximum}
    listed = {"metric": "invalidValues", "arguments": {"validValues": list(field.categories)}, "mustBe": 0}
    return {
        "name": field.name,
        "logicalType": field.type,
        "description": field.meaning,
        "required": not field.nullable,
        "primaryKey": field.key or None,
        "primaryKeyPosition": position,
        "classification": field.sensitivity,
        "logicalTypeOptions": {name: value for name, value in bounds.items() if value is not None},
        "quality": [listed] if field.categories else None,
        "customProperties": [
            {"property": name, "value": getattr(field, name)} for name in _OWN if getattr(field, name)
        ],
    }


def _with_key_positions(contract: Contract) -> list[tuple[Field, int | None]]:
    keys = [field.name for field in contract.fields if field.key]
    return [(field, keys.index(field.name) + 1 if field.key else None) for field in contract.fields]


def _promise(name: str, text: str) -> Node:
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
    value = float(number)
    return {"property": name, "value": int(value) if value.is_integer() else value, "unit": text[len(number) :].strip()}


def _custom(node: Node, origin: str) -> Node:
    return {_text(item, "property", origin): item.get("value") for item in _nodes(node, "customProperties", origin)}


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        pairs = ((key, _without_empty(item)) for key, item in cast("Node", value).items())
        return {key: item for key, item in pairs if item is not None and item not in ("", [], {})}
    if isinstance(value, list):
        return [_without_empty(item) for item in cast("list[Any]", value) if item is not None]
    return value
