"""The decision: what an actor may see of a table now, and which rule said so about each part of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl

from steek.governance.access.actors import Actor
from steek.governance.access.declarations import ANYTHING, TREATMENTS, Policy, Treatment
from steek.governance.access.facts import RAW_PREFIX, ColumnFacts, TableFacts

AccessVerdict = Literal["allowed", "partly", "refused"]
BUILT_IN = "built-in"
_Rank = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one part of a decision is as it is.

    Args:
        about: "table", "column NAME", "rows" or "age".
        rule: The policy, or "built-in".
        says: One sentence for people.
    """

    about: str
    rule: str
    says: str


@dataclass(frozen=True, slots=True)
class LeastGroup:
    """Only rows of at least `people` persons who have the values of `columns` in common."""

    people: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What an actor may see of a table.

    Args:
        actor: Who asked.
        table: What was asked for.
        verdict: "allowed" (everything), "partly" (less columns or rows, or altered values) or "refused" (nothing).
        columns: Every column of the table to its treatment; all "deny" in a refusal.
        conditions: Rows must fit all of them.
        since: Rows must have happened at or after this instant; None for any.
        reasons: One per part, in the order table, columns, rows, age, groups.
        group: Rows that fit all else must be of such a group; None for any.
    """

    actor: Actor
    table: str
    verdict: AccessVerdict
    columns: Mapping[str, Treatment]
    conditions: tuple[pl.Expr, ...]
    since: datetime | None
    reasons: tuple[Reason, ...]
    group: LeastGroup | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that had a say, each once, in the order of the reasons."""
        return tuple(dict.fromkeys(reason.rule for reason in self.reasons))

    def explained(self) -> str:
        """The decision for people, one line per reason."""
        actor = self.actor
        purpose = f"for {actor.purpose!r}" if actor.purpose else "without a purpose"
        first = (
            f"{actor.principal} ({', '.join(actor.roles) or 'no roles'}) reads {self.table} {purpose}: {self.verdict}"
        )
        return "\n".join([first, *(f"  {each.about}: {each.says} [{each.rule}]" for each in self.reasons)])


def decide(
    actor: Actor,
    facts: TableFacts,
    columns: Sequence[str],
    policies: Sequence[Policy],
    now: datetime,
    *,
    can_pseudonymise: bool = True,
) -> Decision:
    """What `actor` may see of a table with these columns. Pure: the same in any order of the policies.

    In this order: keepers of the lake and services over tables they made see everything; whoever has no role sees
    nothing; where a policy for other purposes gives the actor less than there is without it, the table is closed
    for purposes that no policy grants something for; personal data are not opened without a purpose. Then each
    column for itself: of the policies that name it the most specific (named principal, role, everybody; then exact
    table before pattern; then exact column before "*"), among equals the most restrictive (deny, mask, pseudonym,
    allow). Where none does, personal columns are closed and others open.
    Conditions on rows, age and groups of all matching policies hold together; groups by the columns of all of them,
    of the greatest number that one asks for, are large enough for each.

    Args:
        actor: Who asks.
        facts: What is known of the table.
        columns: Its columns.
        policies: Those of the project.
        now: Ages are measured against it.
        can_pseudonymise: Whether there is a vault; without one a column to be a pseudonym is denied.
    """
    if actor.is_keeper:
        return _all(actor, facts, columns, f"{actor.principal} keeps the lake")
    if actor.is_service and facts.made_here:
        return _all(actor, facts, columns, "a table that the services made from what they may see")
    about = [policy for policy in policies if policy.is_about(facts.name) and _closeness(policy, actor) > 0]
    matching = sorted((each for each in about if actor.purpose in each.purposes), key=lambda each: each.hash)
    obstacle = _obstacle(actor, facts, columns, about, matching)
    if obstacle is not None:
        return _refused(actor, facts, columns, obstacle)
    treatments: dict[str, Treatment] = {}
    reasons: list[Reason] = []
    for column in columns:
        treatments[column], reason = _column(actor, facts, column, matching, can_pseudonymise=can_pseudonymise)
        reasons.append(reason)
    conditions, since, narrowing = _rows(matching, now)
    group = _group(matching, narrowing)
    closed = all(treatment == "deny" for treatment in treatments.values())
    whole = not narrowing and all(treatment == "allow" for treatment in treatments.values())
    said = "no column is open to it" if closed else "everything is open to it" if whole else "a part is open to it"
    verdict: AccessVerdict = "refused" if closed else "allowed" if whole else "partly"
    table = Reason("table", matching[0].name if len(matching) == 1 else BUILT_IN, said)
    return Decision(actor, facts.name, verdict, treatments, conditions, since, (table, *reasons, *narrowing), group)


def _obstacle(
    actor: Actor, facts: TableFacts, columns: Sequence[str], about: Sequence[Policy], matching: Sequence[Policy]
) -> str | None:
    """Why nothing at all is open, or None."""
    if not actor.roles:
        return "nobody knows this principal: it has no role"
    around = any(_narrows(policy, facts) for policy in about if policy not in matching)
    if around and not any(_grants(policy) for policy in matching):
        purposes = ", ".join(sorted({purpose for policy in about for purpose in policy.purposes}))
        return f"its policies are for other purposes: {purposes}"
    if not actor.purpose and any(facts.of(column).is_personal for column in columns):
        return "the table has personal columns, so a purpose must be named"
    return next((lack for policy in matching if (lack := _lack(policy, facts, columns)) is not None), None)


def _lack(policy: Policy, facts: TableFacts, columns: Sequence[str]) -> str | None:
    """What a policy goes by and the table does not have, or None."""
    needed = set[str]() if policy.condition is None else set(policy.condition.meta.root_names())
    for what, names in (("condition", needed), ("groups", set(policy.quasi))):
        missing = sorted(names - set(columns))
        if missing:
            verb = "needs" if what == "condition" else "need"
            return f"the {what} of {policy.name} {verb} columns that are not there: {', '.join(missing)}"
    if policy.age is not None and (facts.event_time is None or facts.event_time not in columns):
        return f"{policy.name} limits the age of rows, but the rows have no event time"
    return None


def _narrows(policy: Policy, facts: TableFacts) -> bool:
    """Whether it takes away what is open without it; another purpose is no way around that."""
    closed = [name for name, treatment in policy.columns.items() if treatment != "allow"]
    columns = any(name == ANYTHING or not facts.of(name).is_personal for name in closed)
    return columns or _limits_rows(policy)


def _grants(policy: Policy) -> bool:
    """Whether it says what may be seen for its purposes, and not only what may not."""
    shown = any(treatment != "deny" for treatment in policy.columns.values())
    return shown or _limits_rows(policy)


def _limits_rows(policy: Policy) -> bool:
    return policy.condition is not None or policy.age is not None or policy.k_anonymity is not None


def _column(
    actor: Actor, facts: TableFacts, column: str, matching: Sequence[Policy], *, can_pseudonymise: bool
) -> tuple[Treatment, Reason]:
    is_raw = column.startswith(RAW_PREFIX)
    named = column.removeprefix(RAW_PREFIX)
    known = facts.of(column)
    found = [
        (_specificity(policy, actor, facts.name, by_name=by_name), TREATMENTS.index(treatment), policy)
        for policy in matching
        for by_name, treatment in _mentions(policy, named, known)
    ]
    about = f"column {column}"
    if not found:
        if known.is_personal:
            return "deny", Reason(about, BUILT_IN, "personal, and no policy opens it for this role and purpose")
        return "allow", Reason(about, BUILT_IN, "not personal")
    rank, strictness, policy = max(found, key=lambda each: (each[0], each[1]))
    assert rank is not None
    treatment = TREATMENTS[strictness]
    if treatment == "pseudonym" and not (can_pseudonymise or known.is_pseudonym):
        return "deny", Reason(about, policy.name, "pseudonym, but this project has no keys for pseudonyms")
    if is_raw and treatment != "allow":
        return "deny", Reason(about, policy.name, f"raw values of a column that is given as {treatment}")
    return treatment, Reason(about, policy.name, treatment)


def _mentions(policy: Policy, column: str, known: ColumnFacts) -> list[tuple[bool, Treatment]]:
    """Whether by name, and how, a policy treats a column; a star opens nothing personal."""
    if column in policy.columns:
        return [(True, policy.columns[column])]
    star = policy.columns.get(ANYTHING)
    return [] if star is None or (known.is_personal and star != "deny") else [(False, star)]


def _specificity(policy: Policy, actor: Actor, table: str, *, by_name: bool) -> _Rank:
    # Longer beginnings are nearer; the whole name is nearer than a pattern of the same letters.
    exactness = 2 * len(policy.dataset.removesuffix(ANYTHING)) + (policy.dataset == table)
    return _closeness(policy, actor), exactness, int(by_name)


def _closeness(policy: Policy, actor: Actor) -> int:
    """3 names the principal, 2 one of its roles, 1 everybody with a role, 0 none of it."""
    if actor.principal in policy.to:
        return 3
    if set(actor.roles) & set(policy.to):
        return 2
    return int(ANYTHING in policy.to)


def _rows(matching: Sequence[Policy], now: datetime) -> tuple[tuple[pl.Expr, ...], datetime | None, list[Reason]]:
    conditions = tuple(policy.condition for policy in matching if policy.condition is not None)
    reasons = [
        Reason("rows", policy.name, f"only rows with {policy.described()['rows']}")
        for policy in matching
        if policy.condition is not None
    ]
    limits = [(now - policy.age, policy) for policy in matching if policy.age is not None]
    if not limits:
        return conditions, None, reasons
    since, policy = max(limits, key=lambda limit: limit[0])
    reasons.append(Reason("age", policy.name, f"only rows since {since.isoformat()}"))
    return conditions, since, reasons


def _group(matching: Sequence[Policy], reasons: list[Reason]) -> LeastGroup | None:
    """What all policies ask of groups; adds to `reasons`."""
    asking = [(policy.k_anonymity, policy) for policy in matching if policy.k_anonymity is not None]
    if not asking:
        return None
    people = max(count for count, _ in asking)
    columns = tuple(sorted({column for _, policy in asking for column in policy.quasi}))
    says = f"only rows of at least {people} people with the same {', '.join(columns)}"
    reasons += [Reason("groups", policy.name, says) for _, policy in asking]
    return LeastGroup(people, columns)


def _all(actor: Actor, facts: TableFacts, columns: Sequence[str], says: str) -> Decision:
    treatments: dict[str, Treatment] = dict.fromkeys(columns, "allow")
    return Decision(actor, facts.name, "allowed", treatments, (), None, (Reason("table", BUILT_IN, says),))


def _refused(actor: Actor, facts: TableFacts, columns: Sequence[str], says: str) -> Decision:
    treatments: dict[str, Treatment] = dict.fromkeys(columns, "deny")
    return Decision(actor, facts.name, "refused", treatments, (), None, (Reason("table", BUILT_IN, says),))
