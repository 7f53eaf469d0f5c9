"""OpenSLO v1: what is written is read back the same, what steek does not know is refused by its name."""

from dataclasses import replace
from typing import Any, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.monitoring.conftest import explicit, learned, monitor_of
from tests.monitoring.objectives.test_objectives_service import Desk, promise
from tests.monitoring.shop import Shop

from steek.kernel.errors import DeclarationError, InputError, NotFoundError, UnreadableError
from steek.monitoring import BudgetPolicy, Burn, Monitor, Objective, PolicyStep, slis
from steek.monitoring.objectives.openslo import read_openslo, write_openslo

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    lambda text: text.strip()
)
targets = st.integers(1, 99_999).map(lambda number: number / 100_000)
spans = st.sampled_from(["28d", "4w", "7d", "30d", "90d", "672h"])


def agreed_policy(steps: list[PolicyStep], agreed: list[str], document: str) -> BudgetPolicy:
    return BudgetPolicy(tuple(steps), agreed_by=tuple(agreed), document=document)


policies = st.builds(
    agreed_policy,
    st.lists(st.builds(PolicyStep, st.floats(0, 0.99), texts), min_size=1, max_size=3),
    st.lists(texts, min_size=1, max_size=2),
    st.one_of(st.just(""), texts),
)
monitors = st.sampled_from(
    [
        monitor_of(learned(width=8)),
        monitor_of(explicit(lower=10)),
        monitor_of(explicit(upper=48.5)),
        monitor_of(explicit(lower=0.1, upper=0.8)),
    ]
)
indicators = st.sampled_from(
    [
        slis.answers_within("search_ranking", "50ms"),
        slis.answers_of_the_model("search_ranking"),
        slis.right_answers("next_purchase", delay="7d"),
        slis.rows_accepted("transactions"),
        slis.rows_joined("partner_lines", "lines x partners"),
        slis.rules_kept("retention"),
        slis.erasures_in_time(),
    ]
)
shared: dict[str, st.SearchStrategy[Any]] = {
    "target": targets,
    "over": spans,
    "owner": texts,
    "category": st.sampled_from(["freshness", "quality", "latency", "volume", "compliance"]),
    "on": st.one_of(st.none(), st.just("partner_demand"), st.just("dataset:lines")),
    "purpose": st.sampled_from(["alert", "page"]),
    "declare": st.sampled_from([None, "sev1", "sev3"]),
    "policy": st.one_of(st.none(), policies),
    "least_events": st.one_of(st.none(), st.integers(1, 10_000)),
    "burns": st.one_of(
        st.just(()),
        st.lists(st.builds(Burn, st.sampled_from(["fast", "slow"]), st.floats(1, 50), st.just("3d")), max_size=2).map(
            tuple
        ),
    ),
    "description": st.one_of(st.just(""), texts),
    "labels": st.dictionaries(texts, st.lists(texts, min_size=1, max_size=2).map(tuple), max_size=2),
    "annotations": st.dictionaries(texts.map(lambda text: f"x.example/{text}"), texts, max_size=2),
}
watching: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just(cast("dict[str, Any]", {})),
    st.builds(lambda: {"each_slice": True}),
    texts.map(lambda text: {"slice": text}),
)


@st.composite
def objectives(draw: st.DrawFn) -> tuple[Objective, Monitor | None]:
    arguments: Any = draw(st.fixed_dictionaries(shared))
    if draw(st.booleans()):
        monitor = draw(monitors)
        return Objective(draw(texts), monitor=monitor, **arguments, **draw(watching)), monitor
    window: Any = draw(st.sampled_from(["1h", "1d"]))
    return Objective(draw(texts), indicator=draw(indicators), window=window, **arguments), None


@given(st.lists(objectives(), min_size=1, max_size=3, unique_by=lambda pair: pair[0].name))
@settings(max_examples=60)
@pytest.mark.covers("O7")
def test_what_is_written_is_read_back_the_same(pairs: list[tuple[Objective, Monitor | None]]) -> None:
    text = write_openslo(pairs)
    found = read_openslo(text)
    assert [objective for objective, _ in found] == [objective for objective, _ in pairs]
    for (objective, expectation), (_, monitor) in zip(found, pairs, strict=True):
        expectation.require(objective, monitor)
    assert write_openslo([(one, monitor) for (one, _), (_, monitor) in zip(found, pairs, strict=True)]) == text


@pytest.mark.covers("O7")
def test_a_document_has_openslos_own_words() -> None:
    fresh = monitor_of(explicit(upper=48), name="age")
    (document,) = yaml.safe_load_all(write_openslo([(promise("Fresh answers", monitor="age"), fresh)]))
    assert (document["apiVersion"], document["kind"]) == ("openslo/v1", "SLO")
    assert document["metadata"]["name"] == "fresh-answers-3a8d5c"
    spec = document["spec"]
    assert spec["budgetingMethod"] == "Timeslices"
    assert spec["timeWindow"] == [{"duration": "28d", "isRolling": True}]
    assert spec["objectives"] == [
        {"target": 0.9, "op": "lte", "value": 48.0, "timeSliceTarget": 1.0, "timeSliceWindow": "1d"}
    ]
    source = {"metricSource": {"type": "steek", "spec": {"monitor": "age"}}}
    assert spec["indicator"]["spec"] == {"thresholdMetric": source}
    conditions = [policy["spec"]["conditions"][0]["spec"] for policy in spec["alertPolicies"]]
    assert [(one["severity"], one["condition"]["lookbackWindow"]) for one in conditions] == [
        ("page", "1d"),
        ("page", "3d"),
        ("ticket", "7d"),
    ]
    (learnt,) = yaml.safe_load_all(write_openslo([(promise(), monitor_of(learned(width=8)))]))
    assert '"width": 8.0' in learnt["metadata"]["annotations"]["steek/threshold"]
    assert list(learnt["spec"]["indicator"]["spec"]["ratioMetric"]) == ["rawType", "raw"]
    assert write_openslo([]) == ""


FOREIGN = """
apiVersion: openslo/v1
kind: SLO
metadata:
  name: answers
  displayName: Answers in time
  labels: {team: ranking}
spec:
  description: People leave when it takes longer.
  service: search
  indicatorRef: in-time
  timeWindow:
    - duration: 4w
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - targetPercent: 99.95
  alertPolicies:
    - alertPolicyRef: burning
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: in-time}
spec:
  ratioMetric:
    counter: true
    good:
      metricSource:
        type: steek
        spec: {indicator: answers_within, of: "model:search_ranking", parameters: {deadline_ms: 50}, events: good}
    total:
      metricSource:
        type: steek
        spec: {indicator: answers_within, of: "model:search_ranking", parameters: {deadline_ms: 50}, events: total}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: burning}
spec:
  alertWhenBreaching: true
  conditions:
    - conditionRef: twice
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: twice}
spec:
  severity: page
  condition: {kind: burnrate, threshold: 2, lookbackWindow: 1d, alertAfter: 0m}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: search}
spec: {description: Search of the shop}
"""


@pytest.mark.covers("O7")
def test_documents_of_others_are_read_with_their_references() -> None:
    ((objective, _),) = read_openslo(FOREIGN)
    assert objective == Objective(
        "Answers in time",
        target=0.9995,
        owner="nobody yet",
        over="28d",
        indicator=replace(slis.answers_within("search_ranking", "50ms"), parameters={"deadline_ms": 50}),
        burns=(Burn("fast", 2.0, "1d"),),
        description="People leave when it takes longer.",
        labels={"team": ("ranking",)},
    )


@pytest.mark.covers("O7", "N3")
@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("isRolling: true", "isRolling: false", r"timeWindow\[0\] is aligned to a calendar"),
        ("duration: 4w", "duration: 1Q", "timeWindow.*duration is '1Q'"),
        ("service: search", "sevice: search", "spec.sevice is a part that steek does not know"),
        (
            "Occurrences",
            "RatioTimeslices",
            "budgetingMethod is 'RatioTimeslices'; steek knows: Occurrences, Timeslices",
        ),
        ("Occurrences", "Timeslices", "is counted by budgetingMethod Occurrences"),
        ("type: steek", "type: Prometheus", "metricSource.type is 'Prometheus'; steek knows: steek"),
        ("indicatorRef: in-time", "indicatorRef: other", "names SLI 'other', which does not stand in this stream"),
        ("targetPercent: 99.95", "target: '0.9'", "target must be a number, not '0.9'"),
        ("targetPercent: 99.95", "{target: 0.9, targetPercent: 90}", "targetPercent stands beside target"),
        ("targetPercent: 99.95", "{target: 0.9, compositeWeight: 2}", "compositeWeight is a part"),
        ("    - targetPercent: 99.95", "    - target: 0.9\n    - target: 0.99", "objectives has 2 items"),
        ("alertAfter: 0m", "alertAfter: 5m", "alertAfter is '5m'"),
        ("kind: burnrate", "kind: budget", "kind is 'budget'; steek knows: burnrate"),
        ("alertWhenBreaching: true", "alertWhenNoData: false", "alertWhenNoData is false"),
        ("events: total", "events: total, window: 5m", "good events of another source"),
        ("openslo/v1\nkind: SLO", "openslo/v1alpha\nkind: SLO", "apiVersion is 'openslo/v1alpha'"),
        ("kind: Service", "kind: Team", "kind is 'Team'"),
        ("labels: {team: ranking}", "labels: {team: [1]}", "labels must map texts"),
        ("labels: {team: ranking}", "annotations: {steek/onwer: me}", "annotation steek/onwer is not known"),
        ("labels: {team: ranking}", "annotations: {steek/policy: '{}'}", "agreed_by is missing"),
        ("labels: {team: ranking}", "annotations: {steek/category: speed}", "steek/category must be one of"),
        ("metadata: {name: twice}", "metadata: [twice]", "metadata must be a mapping"),
    ],
)
def test_what_steek_would_not_do_is_refused_by_name(before: str, after: str, named: str) -> None:
    assert before in FOREIGN
    with pytest.raises(UnreadableError, match=named):
        read_openslo(FOREIGN.replace(before, after))


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list",
        "apiVersion: openslo/v1",
        "a: [",
        "!!python/object/apply:os.system ['true']",
        "{" * 3000,
        "x: &a [*a]",
        "2017-13-45: 1",
        "kind: SLO\nkind: SLO",
        "a" * 1_000_001,
    ],
)
def test_what_is_no_openslo_is_refused_and_nothing_is_run(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_openslo(text)


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["apiVersion", "kind", "metadata", "spec", "name", "objectives"]), inner, max_size=4
            ),
        ),
        max_leaves=12,
    )
)
@settings(max_examples=40)
def test_any_document_is_read_or_refused_and_nothing_else(document: object) -> None:
    with pytest.raises(InputError):
        read_openslo(
            yaml.safe_dump({"apiVersion": "openslo/v1", "kind": "SLO", "metadata": {"name": "a"}, "spec": document})
        )


@pytest.mark.covers("O7")
def test_an_imported_objective_is_checked_beside_the_declared_and_can_be_retired(shop: Shop) -> None:
    desk = Desk(shop)
    declared = desk.service.export(["lines come"])
    with pytest.raises(DeclarationError, match="'lines come' is declared by the project"):
        desk.service.take_in(declared, actor="ada", key="twice")
    renamed = declared.replace("displayName: lines come", "displayName: lines still come")
    (state,) = desk.service.take_in(renamed, actor="ada", key="first")
    assert (state.name, state.imported, state.owner) == ("lines still come", True, "data@grocer")
    desk.night(0)
    assert [(one.name, one.good) for one in desk.service.states()] == [("lines come", 1), ("lines still come", 1)]
    again = desk.service.take_in(renamed.replace("0.9", "0.8"), actor="ada", key="first")
    assert again[0].target == 0.9
    assert (
        desk.service.take_in(renamed.replace("target: 0.9", "target: 0.8"), actor="ada", key="second")[0].target == 0.8
    )
    with pytest.raises(DeclarationError, match=r"expects .* of monitor 'lines', which has"):
        desk.service.take_in(renamed.replace("value: 10.0", "value: 12.0"), actor="ada", key="third")
    for before, after in (
        ("timeSliceWindow: 1d", "timeSliceWindow: 1h"),
        ("timeSliceTarget: 1.0", "timeSliceTarget: 0.9"),
    ):
        with pytest.raises(InputError, match=r"time slices of 1h|timeSliceTarget must be 1\.0"):
            desk.service.take_in(renamed.replace(before, after), actor="ada", key="fourth")
    desk.service.retire("lines still come", reason="one is enough", actor="ada")
    assert [one.name for one in desk.service.states()] == ["lines come"]
    with pytest.raises(NotFoundError, match="Declared objectives are retired in the project"):
        desk.service.retire("lines come", reason="x", actor="ada")
    kinds = [event.kind for event in shop.ledger.events() if event.kind.startswith("objective.")]
    assert kinds == ["objective.imported", "objective.imported", "objective.retired"]
