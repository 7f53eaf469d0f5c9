"""The three values of every decision."""

from enum import StrEnum


class Verdict(StrEnum):
    """`UNDECIDED` means too little evidence; it never counts as a pass."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    UNDECIDED = "undecided"

    @classmethod
    def worst(cls, verdicts: "list[Verdict]") -> "Verdict":
        """FAIL before UNDECIDED before PASS; an empty list is undecided, because nothing was shown.

        >>> Verdict.worst([])
        <Verdict.UNDECIDED: 'undecided'>
        """
        if cls.FAIL in verdicts:
            return cls.FAIL
        if not verdicts or cls.UNDECIDED in verdicts:
            return cls.UNDECIDED
        return cls.PASS
