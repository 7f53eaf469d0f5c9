"""The taxonomy is data: the nineteen of the study, edited in versions; old postmortems keep theirs."""

import pytest
from learning_world import Learning

from steek.incidents import Incident
from steek.incidents.postmortems.taxonomies import differences
from steek.incidents.postmortems.taxonomy import base_text, load_taxonomy, parse_taxonomy
from steek.kernel.errors import InputError, NotFoundError, StaleWriteError

# The nineteen kinds of failure of the study, each with words of its own that its name here must have.
STUDY = {
    "process-orchestration": "process orchestration",
    "overloaded-backends": "overloaded backends",
    "join-failure": "temporary failure to join with expected data",
    "cpu-failures": "cpu failures",
    "cache-invalidation": "cache invalidation",
    "inference-distribution": "changed distribution of examples at inference",
    "config-out-of-order": "pushed out of order",
    "data-structure": "suboptimal data structure",
    "work-assignment": "assigning work between clusters",
    "example-order": "training strategy",
    "hyperparameters-on-the-fly": "hyperparameters adjusted on the fly",
    "config-unvalidated": "not canaried or validated",
    "client-assumption": "wrong assumption about the model",
    "inference-too-slow": "inference too slow",
    "incorrect-assertion": "incorrect assertion in code",
    "labels-not-ready": "labels missing or not yet correct when visited",
    "embedding-space": "embeddings in the wrong space",
    "tests-in-production": "jobs talking to production",
    "not-provisioned": "resources not provisioned",
}
EDITED = base_text().replace(
    "[[category]]",
    '[[category]]\nid = "own"\nname = "Own"\nsentence = "Ours."\n'
    'machine_learning = 3\ndistributed = 3\nevents = []\nindicators = []\nwords = ["gremlin"]\n\n[[category]]',
    1,
)


@pytest.mark.covers("P2")
def test_the_nineteen_of_the_study_are_there_in_its_words() -> None:
    names = {one.id: one.name.lower() for one in load_taxonomy().categories}
    assert names.keys() == STUDY.keys()
    assert all(words in names[name] for name, words in STUDY.items())


@pytest.mark.covers("P2")
def test_an_edited_taxonomy_is_the_next_version_and_old_postmortems_keep_theirs(
    learning: Learning, drafted: Incident
) -> None:
    made = learning.taxonomies.edit(EDITED, actor="noa", reason="we have gremlins", key="t1", expected_version=1)
    again = learning.taxonomies.edit(EDITED, actor="noa", reason="we have gremlins", key="t1", expected_version=1)
    assert made == again
    assert (made.version, made.actor, made.reason, made.changes) == (2, "noa", "we have gremlins", ("own is new",))
    assert [one.version for one in learning.taxonomies.history()] == [2, 1]
    assert len(learning.taxonomies.at(1).categories) == 19
    assert learning.library.get(drafted.id).report.taxonomy_version == 1
    [event] = learning.told("taxonomy.changed")
    assert event.payload == {"version": 2, "before": 1, "changes": ["own is new"]}
    learning.incidents.note(drafted.id, "a gremlin in the join", "noa", key="n1")
    fresh = learning.incidents.declare("gremlin", on="other", severity="sev3", actor="noa", key="d2")
    report = learning.library.preview(fresh.id)
    assert (report.taxonomy_version, report.suggested_categories[0]) == (2, "own")


@pytest.mark.covers("P2", "N3")
def test_a_stale_an_equal_and_a_broken_taxonomy_are_refused(learning: Learning) -> None:
    learning.taxonomies.edit(EDITED, actor="noa", reason="x", key="t1")
    with pytest.raises(StaleWriteError, match="version 2; you edited version 1"):
        learning.taxonomies.edit(base_text(), actor="gil", reason="x", key="t2", expected_version=1)
    with pytest.raises(InputError, match="says what version 2 says"):
        learning.taxonomies.edit(EDITED, actor="gil", reason="x", key="t3")
    with pytest.raises(InputError, match="cannot be read"):
        learning.taxonomies.edit("version = [", actor="gil", reason="x", key="t4")
    with pytest.raises(NotFoundError, match="there are: 1, 2"):
        learning.taxonomies.at(7)


@pytest.mark.covers("P2")
def test_differences_are_said_in_ids() -> None:
    before, after = load_taxonomy(), parse_taxonomy(EDITED.replace('name = "CPU failures"', 'name = "Chips"'))
    assert differences(before, after) == ("own is new", "cpu-failures has other name")
    assert differences(after, before) == ("own is gone", "cpu-failures has other name")
