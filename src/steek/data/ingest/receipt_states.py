"""The states of a receipt, from the acknowledgement on."""

from typing import Literal

ReceiptState = Literal["spooled", "held", "committed", "rejected", "damaged"]
ReceiptAction = Literal["commit", "hold", "release", "reject", "damage", "resend"]

TRANSITIONS: dict[tuple[ReceiptState, ReceiptAction], ReceiptState] = {
    # Rows are durable in the spool and wait for the next commit of their dataset.
    ("spooled", "commit"): "committed",
    # The table cannot hold its types any more: another batch came first.
    ("spooled", "hold"): "held",
    ("spooled", "damage"): "damaged",
    # A check of the feed asked for a person first.
    ("held", "release"): "spooled",
    ("held", "reject"): "rejected",
    ("held", "damage"): "damaged",
    # The disk lost what was in the spool; the client may send the same payload under the same key.
    ("damaged", "resend"): "spooled",
}
