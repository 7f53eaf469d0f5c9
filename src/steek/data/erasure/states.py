"""The life of an erasure."""

from typing import Literal

State = Literal["requested", "cancelled", "shredded", "rewritten", "vacuumed", "verified", "incomplete", "certified"]
Action = Literal["cancel", "shred", "rewrite", "vacuum", "verify", "find", "certify"]

TRANSITIONS: dict[tuple[State, Action], State] = {
    ("requested", "cancel"): "cancelled",
    ("requested", "shred"): "shredded",
    ("shredded", "rewrite"): "rewritten",
    ("rewritten", "vacuum"): "vacuumed",
    ("vacuumed", "verify"): "verified",
    # The search found something: the next run rewrites once more. There is no certificate until it finds nothing.
    ("vacuumed", "find"): "incomplete",
    ("incomplete", "rewrite"): "rewritten",
    ("verified", "certify"): "certified",
}
FINAL: tuple[State, ...] = ("cancelled", "certified")
# The event that tells of each state a pass brings an erasure into.
EVENTS: dict[State, str] = {
    "shredded": "erasure.shredded",
    "rewritten": "erasure.rewritten",
    "vacuumed": "erasure.vacuumed",
    "verified": "erasure.verified",
    "incomplete": "erasure.incomplete",
    "certified": "erasure.certified",
}
