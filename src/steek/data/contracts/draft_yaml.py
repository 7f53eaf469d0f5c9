"""A drafted contract as YAML with its questions as comments where their answers belong."""

import re

from steek.data.contracts.infer import DraftContract
from steek.data.contracts.odcs import write_contract

_PROPERTIES, _PROPERTY = "  properties:", re.compile(r"^  - name: ")


def write_draft(draft: DraftContract) -> str:
    """YAML in the Open Data Contract Standard; every "# TODO" is a question for a human.

    >>> import polars as pl
    >>> from steek.data.contracts.infer import infer_contract
    >>> drafted = infer_contract(pl.DataFrame({"paid": [1.5, 2.0]}), "sales", owner="o", textual=False)
    >>> "# TODO unit: of what?" in write_draft(drafted)
    True
    """
    head = [
        f"# Drafted from {draft.rows} rows. Answer every TODO, take the comments out, and set the version to 1.0.0.",
        *(f"# TODO {question}" for question in draft.about),
    ]
    fields = iter(draft.contract.fields)
    lines: list[str] = []
    inside = False
    for line in write_contract(draft.contract).splitlines():
        inside = line == _PROPERTIES or (inside and line.startswith("  "))
        if inside and _PROPERTY.match(line):
            lines += [f"  # TODO {question}" for question in draft.questions[next(fields).name]]
        lines.append(line)
    return "\n".join([*head, *lines]) + "\n"
