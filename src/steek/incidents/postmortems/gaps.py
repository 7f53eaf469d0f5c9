"""What a postmortem still lacks before it teaches anybody something, a sentence each."""

from collections.abc import Mapping

from steek.incidents.postmortems.report import PointRole, Report, Standing


def reasons_not_to_publish(report: Report) -> Mapping[str, str]:
    """What has to be there before it is published, or else needs a reason: what is missing by name, as sentences."""
    waiting = sum(one.standing is Standing.SUGGESTED for one in report.points)
    lacks = {
        "category": not report.categories,
        "lessons": not report.sections.get("lessons", "").strip(),
        "suggestions": waiting > 0,
    }
    words = "1 suggestion waits" if waiting == 1 else f"{waiting} suggestions wait"
    sentences = {
        "category": "No category is confirmed.",
        "lessons": "The lessons are not written.",
        "suggestions": f"{words} for a yes or a no.",
    }
    return {name: sentences[name] for name, holds in lacks.items() if holds}


def worth_a_look(report: Report, warnings: int) -> tuple[str, ...]:
    """What else is open and keeps nothing from being published; `warnings` counts statements that blame."""
    lacks: Mapping[str, bool] = {
        "No root cause is confirmed.": not any(
            one.standing is Standing.CONFIRMED for one in report.of_role(PointRole.ROOT_CAUSE)
        ),
        f"{warnings} statements read as if somebody were the cause.": warnings > 0,
        "Where we were lucky is not written.": not report.of_role(PointRole.LUCK),
    }
    return tuple(sentence for sentence, holds in lacks.items() if holds)


def gaps(report: Report, warnings: int) -> tuple[str, ...]:
    """Both, what has to be there first."""
    return (*reasons_not_to_publish(report).values(), *worth_a_look(report, warnings))
