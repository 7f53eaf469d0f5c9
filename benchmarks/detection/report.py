"""The page: tables between two marks, and pictures beside it; what is written by hand around them stays."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.detection.catalogue import CATALOGUE
from benchmarks.detection.looked_at import was_real
from benchmarks.detection.pictures import Bar, months_svg, recall_svg
from benchmarks.detection.quiet import Quiet, date_of
from benchmarks.detection.scoring import Outcome, Score, score
from benchmarks.detection.service import Agreement

from steek.measures.estimate import Estimate

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
RECALL_GOAL, WINDOW_GOAL, FALSE_GOAL = 0.9, 1.0, 1.0


@dataclass(frozen=True, slots=True)
class Contest:
    """What one contestant saw of every scenario it was shown, and alarms on untouched days, per model and month."""

    name: str
    outcomes: Sequence[Outcome]
    quiet_per_month: float


def figures(
    ours: Contest, quiet: Quiet, others: Sequence[Contest], checked: Sequence[Agreement], seeds: Sequence[int]
) -> str:
    """Markdown of everything that was measured."""
    everyone = [ours, *others]
    faults = [one for one in ours.outcomes if not one.harmless]
    blocks = [
        f"{len(faults)} planted faults, seeds {', '.join(map(str, seeds))}; {quiet.days} untouched days.",
        _goals(ours, quiet),
        _agreement(checked),
        "![Share of planted faults detected](pictures/detection-recall.svg)",
        _contestants(everyone),
        "### Every fault\n\n" + _faults(everyone),
        "### What is no fault\n\n" + _harmless(everyone),
        "### Quiet weeks\n\n![Alerts of the untouched months](pictures/detection-quiet.svg)\n\n" + _quiet(quiet),
    ]
    return "\n\n".join(blocks)


def write(page: Path, pictures: Path, text: str, ours: Contest, quiet: Quiet, others: Sequence[Contest]) -> None:
    """Replace the figures of the page, and draw its pictures.

    Raises:
        ValueError: the page has not both marks.
    """
    old = page.read_text()
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        message = f"{page} needs the lines {BEGIN} and {END} once each"
        raise ValueError(message)
    before, rest = old.split(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}")
    everyone = [ours, *others]
    bars = [
        Bar(f"{fault}, {size}", counts, [_share(one, fault, size) for one in everyone])
        for fault, size, counts in _rows(ours.outcomes)
    ]
    (pictures / "detection-recall.svg").write_text(recall_svg(bars, [one.name for one in everyone]))
    months = Counter(date_of(one.day).strftime("%b") for one in quiet.fired)
    names = dict.fromkeys(date_of(day).strftime("%b") for day in range(364 - quiet.days, 364))
    (pictures / "detection-quiet.svg").write_text(months_svg({name: months.get(name, 0) for name in names}, FALSE_GOAL))


def goal_score(outcomes: Sequence[Outcome]) -> Score:
    """Over the faults that the goal of recall speaks of."""
    return score([one for one in outcomes if one.counts and not one.harmless])


def false_rates(quiet: Quiet) -> Mapping[str, float]:
    """Alarms per model and month that told of nothing real."""
    return quiet.per_model_and_month([one for one in quiet.fired if was_real(one) is None])


def _goals(ours: Contest, quiet: Quiet) -> str:
    found = goal_score(ours.outcomes)
    sudden = score([one for one in ours.outcomes if one.counts and not one.harmless and not one.slow])
    recall, median = (found.detected.value or 0) >= RECALL_GOAL, found.windows[1] <= WINDOW_GOAL
    larger = score([one for one in ours.outcomes if one.counts and not one.harmless and "tiny" not in one.size])
    windows = f"{_windows(found)} (sudden faults alone: {_windows(sudden)})"
    rows = [
        "| goal | figure | met |",
        "|---|---|---|",
        f"| recall of 90% on faults of at least 20% of a slice | {_percent(found.detected)} | {_yes(recall)} |",
        f"| the same without tiny slices, of fewer than 15 rows a day | {_percent(larger.detected)} | |",
        f"| median detection in the first window | {windows} | {_yes(median)} |",
    ]
    everything, false = quiet.per_model_and_month(), false_rates(quiet)
    for model, rate in false.items():
        figure = f"{rate:.2f}; with those that told of something real {everything[model]:.2f}"
        rows.append(f"| one false alarm per model and month: {model} | {figure} | {_yes(rate <= FALSE_GOAL)} |")
    return "\n".join(rows)


def _agreement(checked: Sequence[Agreement]) -> str:
    both = sum(one.both for one in checked)
    apart = sum(len(one.service_only) + len(one.judging_only) for one in checked)
    movers = sum(one.first_mover_named for one in checked)
    return (
        f"{len(checked)} of these scenarios were played through `Monitoring.evaluate` with its tables as well: {both}"
        f" of {both + apart} alerts of their first two windows are the same, and by the onsets that the service found"
        f" what is broken is named first, and alone, in {movers} of {len(checked)}."
    )


def _contestants(everyone: Sequence[Contest]) -> str:
    head = "| | detected, of faults of 20% and more | windows: median (quartiles) | right slice | first mover"
    rows = [f"{head} | false alarms per model and month |", "|---|---|---|---|---|---|"]
    for one in everyone:
        found = goal_score(one.outcomes)
        named, mover = _percent(found.slice_named), _percent(found.first_mover_named)
        if one is not everyone[0]:
            named = mover = "names none"
        rows.append(
            f"| {one.name} | {_percent(found.detected)} | {_windows(found)} | {named} | {mover} |"
            f" {one.quiet_per_month:.1f} |"
        )
    return "\n".join(rows)


def _faults(everyone: Sequence[Contest]) -> str:
    ours, others = everyone[0], everyone[1:]
    peers = "".join(f" | {one.name}" for one in others)
    rows = [
        f"| fault | size | detected | windows: median (quartiles) | right slice | first mover{peers} |",
        "|---|---|---|---|---|---|" + "---|" * len(others),
    ]
    for fault, size, counts in _rows(ours.outcomes):
        found = score([one for one in ours.outcomes if (one.fault, one.size) == (fault, size)])
        theirs = "".join(f" | {_percent(_share(one, fault, size), short=True)}" for one in others)
        shown = size if counts else f"({size})"
        rows.append(
            f"| {fault} | {shown} | {_percent(found.detected, short=True)} | {_windows(found)} |"
            f" {_percent(found.slice_named, short=True)} | {_percent(found.first_mover_named, short=True)}{theirs} |"
        )
    rows.append("\nSizes in brackets touch less than a fifth of every slice; the goal does not speak of them.")
    return "\n".join(rows)


def _harmless(everyone: Sequence[Contest]) -> str:
    rows = ["| | " + " | ".join(one.name for one in everyone) + " |", "|---|" + "---|" * len(everyone)]
    for kind in CATALOGUE:
        if not kind.harmless:
            continue
        cells = [_percent(_share(one, kind.fault, kind.size), short=True) for one in everyone]
        rows.append(f"| {kind.name}: weeks with an alarm | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _quiet(quiet: Quiet) -> str:
    rules = Counter(one.monitor for one in quiet.fired)
    rows = ["| rule | alerts |", "|---|---|", *(f"| {name} | {count} |" for name, count in rules.most_common())]
    rows += ["", "| day | rule | slice | why | what it was |", "|---|---|---|---|---|"]
    rows += [
        f"| {date_of(one.day)} | {one.monitor} | {one.slice or 'all'} | {one.reason} | {was_real(one) or 'false'} |"
        for one in quiet.fired
    ]
    return "\n".join(rows)


def _rows(outcomes: Sequence[Outcome]) -> list[tuple[str, str, bool]]:
    found: Mapping[tuple[str, str], bool] = {
        (one.fault, one.size): one.counts for one in outcomes if not one.harmless
    }  # fmt: skip
    return [(fault, size, counts) for (fault, size), counts in found.items()]


def _share(contest: Contest, fault: str, size: str) -> Estimate | None:
    chosen = [one for one in contest.outcomes if (one.fault, one.size) == (fault, size)]
    return score(chosen).detected if chosen else None


def _percent(share: Estimate | None, *, short: bool = False) -> str:
    if share is None or share.value is None or share.low is None or share.high is None:
        return "-"
    if short:
        return f"{share.value:.0%} of {share.rows}"
    return f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%}, {share.rows})"


def _windows(found: Score) -> str:
    low, middle, high = ("never" if math.isinf(one) else f"{one:.0f}" for one in found.windows)
    return f"{middle} ({low} to {high})"


def _yes(met: bool) -> str:
    return "yes" if met else "no"
