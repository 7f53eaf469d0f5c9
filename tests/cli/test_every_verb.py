"""Every noun and verb, in a process of its own, prints one JSON value and ends with 0."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import polars as pl
import pytest
from shop_world import NIGHTS, Shell, sales_of, serving, working

from steek.cli.incident_people import PEOPLE_VERBS
from steek.cli.incident_status import STATUS_VERBS
from steek.cli.oncall import COMMANDS as ONCALL
from steek.cli.root import NOUNS
from steek.platform import open_project

NIGHT = NIGHTS[-1].isoformat()
# They print lines of their own and run until they are stopped; see test_processes.py.
PROCESSES = {"up", "serve", "work", "console"}
# They take two people with roles, and columns that are personal; see tests/governance/test_emergency_terminal.py.
FOR_TWO = {("break-glass", verb) for verb in ("ask", "grant", "refuse", "read", "end", "review", "uses")}
FOR_TWO.update(("concern", verb) for verb in ("raise", "list", "acknowledge", "answer", "follow"))
# People: on-call, updates, handovers; see test_people_terminal.py.
FOR_TWO.update(("oncall", verb) for verb in ONCALL["oncall"].commands)
FOR_TWO.update(("incident", verb.replace("_", "-")) for verb in (*PEOPLE_VERBS, *STATUS_VERBS))

READING: list[tuple[str, ...]] = [
    ("watch", "list"),
    ("watch", "show", "till_guesses"),
    ("status",),
    ("settings",),
    ("models", "list"),
    ("models", "versions", "maker_demand"),
    ("models", "show", "maker_demand"),
    ("models", "show", "shop_demand", "1"),
    ("models", "evaluations", "maker_demand"),
    ("models", "gate", "shop_demand", "1"),
    ("monitor", "list"),
    ("monitor", "explore", "lines in"),
    ("monitor", "health"),
    ("alerts", "list", "--all"),
    ("alerts", "list", "--flat"),
    ("alerts", "silences", "--active"),
    ("alerts", "noise", "--weeks", "2"),
    ("monitor", "series", "lines in"),
    ("monitor", "back-test", "lines in", "--days", "3"),
    ("monitor", "learned", "lines in"),
    ("notify", "list", "--explain"),
    ("notify", "targets"),
    ("change", "list"),
    ("profile", "list"),
    ("slo", "list"),
    ("slo", "show", "lines come"),
    ("slo", "export", "lines come"),
    ("slo", "exclusions"),
    ("night", "list"),
    ("night", "show", NIGHT),
    ("incident", "list"),
    ("assess",),
    ("assess", "defences", "--model", "shop_guess"),
    ("defences", "join-failure"),
    ("readiness", "list"),
    ("readiness", "show", "maker_demand"),
    ("review", "show"),
    ("review", "list"),
    ("follow-up", "list", "--open"),
    ("follow-up", "digest"),
    ("postmortem", "schema"),
    ("postmortem", "statistics"),
    ("taxonomy", "show"),
    ("taxonomy", "history"),
    ("break-glass", "list"),
    ("bench", "list"),
    ("bench", "query", "shop_demand", "shop=north", "--side", "1", "--side", "2"),
    ("changes", "--upstream-of", "model:maker_demand", "--between", "2024-03-01", "2024-03-31"),
    ("ledger", "list", "--kind", "route.changed"),
    ("ledger", "verify"),
    ("lineage", "up", "trained:maker_demand@2", "--kind", "receipt"),
    ("lineage", "down", "dataset:sales@1", "--within", "1"),
    ("access", "policies"),
    ("access", "roles"),
    ("access", "explain", "ada", "sales", "--purpose", "stock"),
    ("access", "rows", "sales", "--purpose", "stock", "--limit", "2", "--explain"),
    ("access", "reads", "--principal", "service:features", "--limit", "2"),
    ("access", "export", "--dataset", "sales", "--format", "cloudevents"),
    ("access", "usage", "--by", "dataset"),
    ("access", "token", "list"),
    ("data", "list"),
    ("data", "show", "sales"),
    ("data", "profile", "sales", "--days", "7"),
    ("data", "volumes", "sales", "--days", "7"),
    ("data", "sample", "sales", "--rows", "3"),
    ("contract", "list"),
    ("contract", "show", "sales"),
    ("contract", "history", "sales"),
    ("contract", "diff", "sales", "--explain"),
    ("contract", "export", "sales"),
    ("contract", "proposals", "--open"),
    ("contract", "waiting", "data@corner"),
    ("labels", "list"),
    ("labels", "show", "returned"),
    ("cleaning", "list"),
    ("cleaning", "show", "sales"),
    ("sampling", "show", "sales"),
    ("sampling", "cost", "sales", "--by", "product_id", "--rates", "0.5", "--slice-by", "shop"),
    ("joins", "list"),
    ("joins", "show", "maker_lines", "lines x products", "--explain"),
    ("privacy", "keys"),
    ("privacy", "check-export", "sales", "--quasi", "product_id", "--k", "2"),
    ("lineage", "columns", "maker_lines.sold_at"),
    ("lineage", "export", "--since", "2024-01-01"),
    ("lake", "list"),
    ("lake", "show", "maker_lines"),
    ("lake", "versions", "sales"),
    ("receipt", "list", "sales"),
    ("quarantine", "list", "sales"),
    ("quarantine", "list", "sales", "--rows"),
    ("quarantine", "decisions", "sales"),
    ("feed", "held"),
    ("feed", "quality", "sales"),
    ("erasure", "list"),
    ("erasure", "search", "shop", "north"),
    ("retention", "report"),
    ("retention", "due"),
]


def verbs() -> set[tuple[str, ...]]:
    """Every noun that is itself a verb, and every verb of the others, as Typer knows them."""
    found: set[tuple[str, ...]] = set()
    for noun, (module, _) in NOUNS.items():
        command: Any = import_module(f"steek.cli.{module}").COMMANDS[noun]
        names: Mapping[str, object] = getattr(command, "commands", {})
        found |= {(noun, verb) for verb in names} if names else {(noun,)}
    return found


VERBS = verbs()


def head(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[:2] if words[:2] in VERBS else words[:1]


@pytest.mark.covers("N4", "P1")
@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_command_that_reads_prints_one_json_value(reading: Shell, words: tuple[str, ...]) -> None:
    done = reading.steek(*words, "--json")
    assert done.json not in ({}, None)
    assert done.stderr == ""


@pytest.mark.covers("N4")
def test_reading_leaves_the_ledger_as_it_was(reading: Shell) -> None:
    before = reading.json("ledger", "verify")
    for words in (("status",), ("models", "show", "maker_demand"), ("incident", "list"), ("changes",)):
        reading.steek(*words)
    assert reading.json("ledger", "verify") == before


class Flow:
    """A working day at the command line; remembers which verbs were used."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.used: set[tuple[str, ...]] = set()

    def do(self, *words: str) -> Any:
        self.used.add(head(words))
        return self.shell.json(*words)


@pytest.mark.covers("N4", "I1", "S3", "D1")
def test_a_working_day_uses_every_verb_that_writes(shop: Shell) -> None:
    with serving(shop.folder) as environment, working(shop.folder, environment):
        flow = Flow(Shell(shop.folder, environment))
        data_and_models(flow)
        lake_and_lineage(flow)
        promises(flow)
        incident(flow)
        learning(flow)
        agreeing(flow)
        telling(flow)
        privacy(flow)
        letting_go(flow)
    assert flow.do("watch", "run", "till_guesses")[0]["run"]["predictions"]["rows"] > 0
    begun = flow.do("watch", "init", "tills", "--predictions", "more.csv", "--score", "amount_usd")
    assert begun["roles"]["at"] == "sold_at"
    assert flow.do("init", str(shop.folder.parent / "newshop"))["next"].startswith("steek ingest orders")
    left_out = VERBS - flow.used - {head(words) for words in READING} - {(noun,) for noun in PROCESSES} - FOR_TWO
    assert left_out == set()


def data_and_models(flow: Flow) -> None:
    # Rows that came before would be held.
    sales_of(NIGHTS[0]).with_columns(pl.col("amount_usd") + 0.25).write_csv(flow.shell.folder / "more.csv")
    receipt = flow.do("ingest", "sales", "more.csv", "--key", "more", "--actor", "till")
    assert (receipt["accepted_rows"], receipt["actor"]) == (40, "till")
    assert flow.do("receipt", "commit", "sales")["waiting"] == []
    shown = flow.do("receipt", "show", receipt["id"])
    assert shown["downstream"] == [f"dataset:sales@{receipt['table_version']}"]
    feed_and_quarantine(flow)

    assert flow.do("night", "run", NIGHT)["data"] == {"sales": 56}
    assert flow.do("extract", "maker_lines", "--day", NIGHT)["rows"] == {NIGHT: 56}
    asked = ("--window", NIGHT, "--against", NIGHTS[0].isoformat(), "--by", "product_id")
    named = flow.do("attribute", "sales", "--metric", "sum:amount_usd", *asked)
    assert named["result"]["dimensions"] == ["product_id"]
    trained = flow.do("train", "maker_demand", "--known-until", NIGHT, "--by-priority", "1", "--key", "again")
    assert [(group["group"], group["members"], group["deployed"]) for group in trained] == [(1, 1, True), (2, 3, True)]

    assert flow.do("deploy", "shop_demand", "2", "--actor", "ada")["fraction"] == 0.5
    assert flow.do("deploy", "shop_demand", "2", "--promote")["primary"] == 2
    assert flow.do("rollback", "shop_demand", "--reason", "too high")["primary"] == 1
    assert flow.do("rollback", "maker_demand", "--partner", "apple", "--to", "1")["members"] == {"apple": 1}
    flow.do("models", "override", "shop_guess", "1", "--reason", "for the fair", "--actor", "ada")
    assert flow.do("deploy", "shop_guess", "1")["primary"] == 1

    fired = flow.do("monitor", "check", "2024-04-01", "--monitor", "lines in")
    assert [alert["value"] for alert in fired] == [0.0]
    alerts(flow, fired[0])
    (flow.shell.folder / "revenue.csv").write_text("at,value,shop\n2024-03-11T18:00:00Z,812.5,north\n")
    assert flow.do("monitor", "feed", "revenue", "revenue.csv", "--key", "till")["replaced"] == 0
    assert flow.do("monitor", "catch-up", "--monitor", "revenue") == []
    profiles(flow)
    promises_kept(flow)
    noted = flow.do("changes", "--note", "the fair is in town", "--on", "event:fair")
    assert flow.do("ledger", "show", noted["id"])["payload"] == {"summary": "the fair is in town"}


def alerts(flow: Flow, fired: Mapping[str, Any]) -> None:
    (seen,) = flow.do("alerts", "acknowledge", fired["group"], "--actor", "ada")
    assert (seen["id"], seen["acknowledged_by"]) == (fired["id"], "ada")
    shown = flow.do("alerts", "show", fired["id"], "--explain", "--png", "alert.png")
    assert shown["line"]["group"]["id"] == flow.do("alerts", "show", fired["group"])["line"]["group"]["id"]
    assert (flow.shell.folder / "alert.png").read_bytes().startswith(b"\x89PNG")
    assert flow.do("alerts", "verdict", fired["id"], "useful", "--note", "the fair")[0]["verdict"] == "useful"
    quiet = flow.do("alerts", "silence", "--monitor", "lines*", "--for", "4h", "--reason", "the fair", "--actor", "ada")
    assert flow.do("alerts", "unsilence", quiet["id"], "--actor", "ada")["state"] == "ended"
    for words in (("show", fired["id"]), ("show", fired["group"]), ("list",), ("noise",)):
        assert flow.shell.steek("alerts", *words).stdout


def profiles(flow: Flow) -> None:
    flow.do("profile", "catch-up")
    assert flow.do("profile", "catch-up", "sales") == []
    first, last = NIGHTS[0].isoformat(), NIGHTS[-1].isoformat()
    before = flow.do("profile", "show", "sales", first)
    (flow.shell.folder / "sketches.json").write_text(json.dumps([{"column": "amount_usd", "rows": 4}]))
    words = ("profile", "merge-in", "sales", first, "sketches.json", "--key", "elsewhere")
    assert flow.do(*words)["done_at"] == flow.do(*words)["done_at"]
    assert flow.do("profile", "show", "sales", first)["rows"] == before["rows"] + 4
    columns = {each["column"] for each in flow.do("profile", "compare", "sales", first, last)}
    assert columns == {each["name"] for each in before["columns"]}


def telling(flow: Flow) -> None:
    fair = ("change", "note", "event:fair", "the fair", "--expected", "--until", "2024-03-20", "--key", "fair")
    assert flow.do(*fair)["payload"]["expected"]["on"] == ["event:fair"]
    assert next(each["summary"] for each in flow.do("change", "list", "--about", "event:fair")) == "the fair"
    tested = flow.do("notify", "test", "hook", "--key", "first")
    assert (tested["outcome"], "SHOP_HOOK_SECRET is not set" in tested["detail"]) == ("failed", True)
    assert [(each["name"], each["waiting"]) for each in flow.do("notify", "deliver")] == [("hook", 0)]
    known = flow.do("notify", "list")[0]
    assert flow.do("notify", "retry", known["notice"])[0]["notice"] == known["notice"]


def promises_kept(flow: Flow) -> None:
    (state,) = flow.do("slo", "check", "2024-04-01", "--objective", "lines come")
    assert (state["phase"], state["events"]) == ("fast_burn", 3)
    shown = flow.shell.steek("slo", "list", "--explain").stdout
    assert "!" in shown or "█" in shown
    assert "burns, " in shown
    text = flow.do("slo", "export")["openslo"].replace("displayName: lines come", "displayName: lines still come")
    (flow.shell.folder / "slo.yaml").write_text(text)
    (taken,) = flow.do("slo", "import", "slo.yaml", "--actor", "ada")
    assert (taken["name"], taken["imported"]) == ("lines still come", True)
    assert flow.do("slo", "retire", "lines still come", "--reason", "one is enough")["retired"] is True
    made = flow.do("slo", "exclude", "2024-04-01", "2024-04-01", "--reason", "a holiday", "--actor", "ada")
    assert (made["kind"], made["window"]["start_at"]) == ("maintenance", "2024-04-01T00:00:00+00:00")
    assert flow.do("slo", "include", made["id"], "--reason", "it was none")["withdrawn_because"] == "it was none"


def letting_go(flow: Flow) -> None:
    asked = flow.do("erasure", "request", "shop", "north", "--reason", "by letter", "--yes", "--key", "letter")
    assert (asked["state"], asked["kind"]) == ("requested", "shop")
    assert flow.do("erasure", "cancel", asked["id"], "--reason", "asked back")["state"] == "cancelled"
    again = flow.do("erasure", "request", "shop", "north", "--reason", "after all", "--delay", "0s", "--yes")
    assert flow.do("housekeeping", "run", "--dry-run")[0]["chore"] == "erasures"
    (done,) = flow.do("erasure", "run")
    assert (done["state"], done["findings"]) == ("certified", []), json.dumps(done["findings"])
    assert flow.do("erasure", "show", again["id"]) == done
    assert flow.do("erasure", "certificate", again["id"])["removed"]["sales"] > 0
    assert flow.do("retention", "run") == []
    told = flow.do("housekeeping", "run")
    assert told["done"]["follow-ups"]["digest"].startswith("Follow-ups: 0 open")
    assert flow.do("housekeeping", "run") == {"done": {}}


def privacy(flow: Flow) -> None:
    platform = open_project(flow.shell.folder)
    made = platform.pseudonyms.pseudonymise(pl.Series(["Elm Street 12"]), "addresses")[0]
    platform.close()
    by = ("addresses", "--reason", "a letter came back", "--actor", "ada")
    assert flow.do("privacy", "reverse", made, *by)["value"] == "Elm Street 12"
    assert flow.do("privacy", "pseudonym", "Elm Street 12", *by)["pseudonyms"] == [made]
    assert flow.do("privacy", "rotate", "addresses", "--yes") == {"scope": "addresses", "version": 2}
    (flow.shell.folder / "passphrase").write_text("correct horse battery staple\n")
    saved = flow.do("privacy", "backup", "keys.backup", "--passphrase-file", "passphrase")
    assert saved["kinds"]["pseudonym:addresses"] == 1
    restored = flow.do("privacy", "restore", "keys.backup", "--passphrase-file", "passphrase", "--yes")
    assert (restored["restored"], restored["present"]) == (0, saved["keys"])
    bob = flow.shell.steek("privacy", "reverse", made, "addresses", "--reason", "curious", "--actor", "bob", "--json")
    assert (bob.status, bob.problem["error"]) == (6, "refused")
    small = flow.shell.steek("privacy", "check-export", "sales", "--quasi", "sale_id", "--json")
    assert (small.status, small.problem["details"]["k"]) == (6, 1)


def promises(flow: Flow) -> None:
    drafted = flow.do("contract", "infer", "more.csv", "--dataset", "more", "--owner", "ada")
    assert [field["type"] for field in drafted["contract"]["fields"]][:2] == ["integer", "timestamp"]
    file = flow.shell.folder / "contracts" / "products.yaml"
    file.write_text(file.read_text() + "slaProperties: [{property: retention, value: 9, unit: d}]\n")
    shown = flow.do("contract", "propose", "contracts/products.yaml", "--dry-run", "--explain", "--actor", "ada")
    assert {"dataset:maker_lines", "definition:maker_demand"} <= {each["urn"] for each in shown["impact"]}
    first = flow.do("contract", "propose", "--dataset", "products", "--reason", "the law", "--actor", "ada")
    assert (first["state"], first["compatibility"]) == ("waiting", "breaking")
    refused = flow.shell.steek("contract", "apply", first["id"])
    assert (refused.status, "data@corner" in refused.stderr) == (6, True)
    assert flow.do("contract", "acknowledge", first["id"], "--owner", "data@corner")["state"] == "ready"
    assert flow.do("contract", "withdraw", first["id"], "--reason", "not yet")["state"] == "withdrawn"
    second = flow.do("contract", "propose", "--dataset", "products", "--actor", "ada")
    assert flow.do("contract", "override", second["id"], "--reason", "the law", "--actor", "ada")["state"] == "ready"
    assert flow.do("contract", "apply", second["id"])["state"] == "applied"
    assert flow.do("contract", "proposal", second["id"])["overridden_by"] == "ada"

    said = {"sale_id": range(40), "label": ["kept", "returned"] * 20}
    labels = pl.DataFrame({**said, "sold_at": "2024-03-01T09:00:00Z", "annotator": "ann"})
    pl.concat([labels, labels.with_columns(annotator=pl.lit("bob"))]).write_csv(flow.shell.folder / "labels.csv")
    put = flow.do("labels", "put", "returned", "labels.csv", "--key", "first")
    assert (put["rows"], put["corrected_rows"]) == (80, 0)
    labels.head(1).with_columns(label=pl.lit("returned")).write_csv(flow.shell.folder / "wrong.csv")
    fixed = flow.do("labels", "correct", "returned", "wrong.csv", "--reason", "it came back", "--actor", "ada")
    assert fixed["corrected_rows"] == 1
    assert flow.do("labels", "agreement", "returned")["pairs"][0]["kappa"]["rows"] == 40
    assert flow.do("labels", "affected", fixed["id"]) == []


def lake_and_lineage(flow: Flow) -> None:
    pinned = flow.do("lake", "pin", "sales", "1", "--reason", "the audit", "--key", "audit", "--actor", "ada")
    assert (pinned["version"], pinned["holder"]) == (1, "ada")
    assert flow.do("lake", "compact", "sales", "--key", "small")["files_after"] == 1
    plan = flow.do("lake", "vacuum", "sales", "--keep-for", "0s", "--explain")
    assert 1 in plan["pinned"]
    assert flow.do("lake", "unpin", "audit", "--yes")["released_at"] is not None
    assert flow.do("lake", "vacuum", "sales", "--keep-for", "0s", "--yes")["despite_pins"] is None
    told = {
        "eventType": "COMPLETE",
        "eventTime": "2024-03-30T06:00:00Z",
        "producer": "https://example.org/tills",
        "run": {"runId": "0195e8a0-0000-7000-8000-000000000001"},
        "job": {"namespace": "tills", "name": "close_of_day"},
        "inputs": [{"namespace": "tills", "name": "journal"}],
        "outputs": [{"namespace": "tills", "name": "daily_file"}],
    }
    (flow.shell.folder / "told.ndjson").write_text(json.dumps(told) + "\n")
    assert flow.do("lineage", "import", "told.ndjson") == {"events_read": 1, "events_new": 1}
    assert flow.do("lineage", "import", "told.ndjson") == {"events_read": 1, "events_new": 0}


def feed_and_quarantine(flow: Flow) -> None:
    bad = sales_of(NIGHTS[0]).with_columns(amount_usd=pl.when(pl.int_range(pl.len()) < 3).then(-1.0).otherwise(0.5))
    bad.write_csv(flow.shell.folder / "bad.csv")
    assert flow.do("ingest", "sales", "bad.csv", "--key", "bad")["quarantined_rows"] == 3
    (reason,) = flow.do("quarantine", "list", "sales")
    assert reason["rows"] == 3
    assert flow.do("quarantine", "show", reason["example"])["row"]["amount_usd"] in (-1.0, "-1.0")
    assert flow.do("quarantine", "replay", "sales")["left_count"] == 3
    assert flow.do("quarantine", "discard", "sales", "--why", "a test till")["row_count"] == 3
    for verb, key in (("release", "twin"), ("reject", "triplet")):
        twin = flow.do("ingest", "sales", "bad.csv", "--key", key)
        assert (twin["state"], len(flow.do("feed", "held", "sales"))) == ("held", 1)
        said = flow.do("feed", "verdicts", twin["id"], "--explain")
        assert said["batch"]["verdict"] == "hold"
        assert flow.do("feed", verb, twin["id"], "--reason", "it is known")["action"] == verb


def control(flow: Flow) -> None:
    by = ("--actor", "ada")
    assert {one["subject"] for one in flow.do("freeze", "list")} >= {"model:maker_demand"}
    assert {one["subject"] for one in flow.do("freeze", "scheduled")} <= {"model:maker_demand"}
    named = ("--on", "model:maker_demand", "--action", "deploy", "--what", "version 9", "--reason", "the fair")
    asked = flow.do("freeze", "ask", "2024-001", *named)
    assert [one["id"] for one in flow.do("freeze", "held")] == [asked["id"]]
    assert flow.do("freeze", "approve", asked["id"], "--for", "2h", *by)["state"] == "approved"
    assert flow.do("freeze", "refuse", asked["id"], "--reason", "too late", *by)["state"] == "refused"
    flow.do("freeze", "release", "2024-001", *by)
    fall_back = ("2024-001", "fall-back", "--of", "business", "--with", "model=maker_demand")
    agreement = flow.do("incident", "ask-agreement", *fall_back)
    named = ("business", "bo", "--reason", "they answer tonight", *by)
    assert flow.do("incident", "answers-for", "2024-001", *named)[0]["person"] == "bo"
    assert flow.do("incident", "agree", agreement["id"], "--actor", "bo")["state"] == "agreed"
    assert flow.do("incident", "decline", agreement["id"], "--answer", "no", "--actor", "bo")["state"] == "declined"
    again = flow.do("incident", "ask-agreement", *fall_back)["id"]
    assert flow.do("incident", "override", again, "--reason", "the till burns", *by)["state"] == "agreed"
    assert len(flow.do("incident", "agreements", "2024-001")) == 2
    assert [one["verdict"] for one in flow.do("incident", "effects", "2024-001")] == ["undecided"], "of the measure"
    assert flow.do("incident", "estimate", "2024-001", "--model", "maker_demand")[0]["model"] == "maker_demand"


def bench(flow: Flow) -> str:
    """Two runs of the bench and their comparison; gives the first run."""
    asked = ("--query", '{"shop": "north"}', "--incident", "2024-001")
    first = flow.do("bench", "run", "shop_demand", "--side", "1", *asked)["id"]
    second = flow.do("bench", "run", "shop_demand", "--side", "2", *asked, "--hypothesis", "1")["id"]
    assert flow.do("bench", "compare", first, second)["whole"]["rows"] == 1
    assert len(flow.do("bench", "show", first, "--rows", "5")["results"]) == 1
    return str(first)


def learning(flow: Flow) -> None:
    """The postmortem of the incident, from its draft to its publication and its place among others."""
    drafted = flow.do("postmortem", "draft", "2024-001")
    point, seen = drafted["report"]["points"][0]["id"], str(drafted["version"])
    flow.do("postmortem", "edit", "2024-001", "lessons=Brew more.", "severity=sev2", "--expect", seen)
    flow.do("postmortem", "judge", "2024-001", point, "confirmed")
    added = flow.do("postmortem", "add", "2024-001", "luck", "It was cold.")["report"]["points"][-1]
    flow.do("postmortem", "rewrite", "2024-001", added["id"], "It was very cold.")
    flow.do("postmortem", "comment", "2024-001", "well told", "--about", "lessons")
    assert [one["text"] for one in flow.do("postmortem", "comments", "2024-001")] == ["well told"]
    flow.do("postmortem", "review", "2024-001", "ask", "--actor", "ada")
    assert flow.do("postmortem", "review", "2024-001", "accept", "--actor", "zoe")["stage"] == "reviewed"
    assert flow.do("postmortem", "publish", "2024-001", "--reason", "no category yet")["revision"] == 1
    assert flow.do("postmortem", "show", "2024-001")["report"]["sections"]["lessons"] == "Brew more."
    assert flow.do("postmortem", "history", "2024-001")[0]["revision"] == 1
    (flow.shell.folder / "old.md").write_text("# Beer was sour\n## Root cause\n- A fridge was off.\n")
    assert flow.do("postmortem", "import", "old.md")[0]["outcome"] == "new"
    assert flow.do("postmortem", "search", "sour beer")[0]["postmortem"] == "old"
    assert {one["postmortem"] for one in flow.do("postmortem", "list")} == {"old", "2024-001"}
    assert flow.do("postmortem", "export", "learned")["postmortems"] == 2
    assert isinstance(flow.do("incident", "similar", "2024-001"), list)
    text = flow.do("taxonomy", "show")["text"].replace('name = "CPU failures"', 'name = "CPU faults"')
    (flow.shell.folder / "failures.toml").write_text(text)
    assert flow.do("taxonomy", "edit", "failures.toml", "--reason", "shorter")["version"] == 2


def agreeing(flow: Flow) -> None:
    """What is to be done, how ready the models are, what stands alone."""
    gate = ("--check", "gate_rule", "--with", "model=shop_guess", "--with", "rule=at_least")
    made = flow.do("follow-up", "create", "gate the guess", "--owner", "ada", "--due", NIGHT, "--cost", "days", *gate)
    assert made["id"] == "F-1"
    assert flow.do("follow-up", "change", "F-1", "--priority", "P0", "--expect", "1")["priority"] == "P0"
    assert flow.do("follow-up", "show", "F-1")["finding"]["passes"] is False
    assert flow.do("follow-up", "check")[0]["follow_up"]["state"] == "open"
    assert flow.do("follow-up", "review", "F-1", "--note", "worth it")["for_leaders"] is True
    tracked = flow.do("follow-up", "track", "F-1", "--tracker", "jira", "--id", "7", "--state", "open")
    assert tracked["tracked"]["outside_id"] == "7"
    assert flow.do("follow-up", "done", "F-1", "--reason", "nobody serves it")["ending"]["how"] == "word"
    answered = flow.do("readiness", "answer", "maker_demand", "data-cost", "nothing is dear", "--days", "30")
    assert answered["level"] == "manual"
    entry = flow.do("review", "add", "one till", "--kind", "single point of failure", "--subject", "till")
    assert flow.do("review", "hold", "--note", "looked")["id"] == "R-1"
    assert flow.do("review", "settle", entry["id"], "--reason", "two tills")["id"] == entry["id"]


def state_of_incident(flow: Flow) -> None:
    for who, key in (("kim", "a"), ("lee", "b")):
        flow.do("signal", "file", "no till answers", "--on", "tills", "--kind", "support", "--actor", who, "--key", key)
    [prompt] = flow.do("signal", "list")["prompts"]
    other = flow.do("signal", "declare", prompt["id"], "--severity", "sev3")["id"]
    alone = flow.do("signal", "file", "odd", "--on", "elsewhere")["id"]
    assert flow.do("signal", "dismiss", alone, "--reason", "a test")["state"] == "dismissed"
    known = ("--high", "90", "--evidence", "the till")
    assert flow.do("incident", "impact", "2024-001", "users", "--low", "10", *known)["high"] == 90
    assert flow.do("incident", "severity", "2024-001", "sev3", "--reason", "one fair")["severity"] == "sev3"
    assert "model:x" in flow.do("incident", "system", "2024-001", "model:x", "--reason", "same shelf")["systems"]
    assert flow.do("incident", "merge", other, "--into", "2024-001", "--reason", "one fair")["id"] == "2024-001"
    assert flow.do("incident", "unmerge", other, "--reason", "two fairs")["merged_into"] is None
    assert flow.do("incident", "near-miss", "2024-001", "the cellar was full")["near_miss"] == "the cellar was full"
    start = ("--phase", "start", "--earliest", "2024-03-01T08:00Z")
    assert flow.do("incident", "correct", "2024-001", "the till", *start)["id"] == "2024-001"
    pinned = flow.do("incident", "pin", "2024-001", "lines in", "--since", "2024-01-01T00:00Z")
    fired = flow.do("alerts", "list", "--flat")[0]["id"]
    held = {one["alert_id"] for one in flow.do("incident", "alerts", "2024-001")["attached"]}
    if fired not in held:
        assert fired in {one["alert_id"] for one in flow.do("incident", "attach-alert", "2024-001", fired)}
    assert flow.do("incident", "detach-alert", "2024-001", fired, "--reason", "it is the fair") is not None
    (flow.shell.folder / "seen.txt").write_text("empty kegs")
    flow.do("incident", "attach", "2024-001", "seen.txt")
    assert len(flow.do("incident", "pins", "2024-001")) == 2
    assert flow.do("incident", "save", pinned["id"], "--to", "seen.svg")["kind"] == "chart"
    assert flow.do("incident", "kept") == {"declarations": [], "unreadable": []}
    assert flow.do("incident", "sync") == {"declared": [], "left": []}


def incident(flow: Flow) -> None:
    declared = flow.do("incident", "declare", "beer sells out", "--on", "maker_demand", "--severity", "sev3")
    assert declared["id"] == "2024-001"
    assert flow.do("incident", "assign", "2024-001", "commander", "ada")["roles"] == {"commander": "ada"}
    flow.do("incident", "note", "2024-001", "the fair drinks it")
    state_of_incident(flow)
    assert flow.do("incident", "suspects", "2024-001")["suspects"] != []
    assert flow.do("incident", "hypothesis", "2024-001", "the fair drinks it", "--test", "ask the till")["number"] == 1
    flow.do("incident", "hypothesis", "2024-001", "--take", "1", "--owner", "ada")
    earlier = bench(flow)
    said = flow.do("incident", "judge", "2024-001", "1", "confirmed", "--evidence", f"bench:{earlier}")
    assert flow.do("incident", "hypotheses", "2024-001") == [said]
    assert flow.do("incident", "groups", "2024-001", "--nobody", "beer is sold elsewhere too")["answers"] == []
    refused = flow.do("incident", "refuse", "2024-001", "add-capacity", "--reason", "minors drink it", "--actor", "bob")
    assert flow.do("incident", "refusals", "2024-001") == [refused]
    assert flow.do("incident", "decide-refusal", refused["id"], "leave", "--note", "right")["state"] == "left"
    assert "post-notice" in {line["name"] for line in flow.do("incident", "menu", "2024-001")}
    flow.do("incident", "act", "2024-001", "post-notice", "--with", "text=buy more beer")
    brewer = ("--with", "text=call the brewer", "--with", "owner=ada", "--with", "expected=more beer")
    flow.do("incident", "act", "2024-001", "measure", *brewer)
    assert flow.do("incident", "interrupted", "2024-001") == []
    assert flow.do("incident", "take-up", "2024-001", "2")["outcome"] == "done"
    control(flow)
    assert flow.do("incident", "advance", "2024-001", "investigate")["state"] == "troubleshooting"
    resolved = flow.do("incident", "resolve", "2024-001", "--no-verify", "--reason", "the fair has left")
    assert resolved["state"] == "follow-up"
    assert flow.do("incident", "watch", "2024-001", "--for", "5d")[-1]["state"] == "watching"
    assert flow.do("incident", "confidence", "2024-001")["probability"] is None
    assert flow.do("incident", "show", "2024-001") == resolved
    assert "the fair drinks it" in str(flow.do("incident", "timeline", "2024-001"))
    assert "beer sells out" in flow.do("postmortem", "draft", "2024-001", "--dry-run")["sections"]["summary"]
