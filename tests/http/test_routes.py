"""Every address of the control API does what its name says, once per key."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest
from api_world import Api
from httpx import Response
from openapi_spec_validator import validate
from shop_world import NIGHTS, sales_of

NIGHT = NIGHTS[-1].isoformat()
READING: dict[str, str] = {
    "/healthz": "/healthz",
    "/readyz": "/readyz",
    "/v1/status": "/v1/status",
    "/v1/settings": "/v1/settings",
    "/v1/datasets/{dataset}/receipts": "/v1/datasets/sales/receipts",
    "/v1/datasets/{dataset}/quarantine": "/v1/datasets/sales/quarantine",
    "/v1/datasets/{dataset}/quarantine/reasons": "/v1/datasets/sales/quarantine/reasons",
    "/v1/datasets/{dataset}/quarantine/decisions": "/v1/datasets/sales/quarantine/decisions",
    "/v1/datasets/{dataset}/quality": "/v1/datasets/sales/quality",
    "/v1/feed/held": "/v1/feed/held?dataset=sales",
    "/v1/datasets": "/v1/datasets",
    "/v1/datasets/{dataset}": "/v1/datasets/sales",
    "/v1/datasets/{dataset}/profile": "/v1/datasets/sales/profile?days=7",
    "/v1/datasets/{dataset}/volumes": "/v1/datasets/sales/volumes?days=7",
    "/v1/datasets/{dataset}/sample": "/v1/datasets/sales/sample?rows=3",
    "/v1/datasets/{dataset}/rows": "/v1/datasets/sales/rows?limit=3&purpose=stock",
    "/v1/access/policies": "/v1/access/policies",
    "/v1/access/roles": "/v1/access/roles",
    "/v1/access/explanation": "/v1/access/explanation?principal=ada&dataset=sales&purpose=stock",
    "/v1/access/reads": "/v1/access/reads?limit=2",
    "/v1/access/usage": "/v1/access/usage?by=dataset",
    "/v1/access/tokens": "/v1/access/tokens",
    "/v1/cleaning": "/v1/cleaning",
    "/v1/datasets/{dataset}/cleaning": "/v1/datasets/sales/cleaning",
    "/v1/datasets/{dataset}/sampling": "/v1/datasets/sales/sampling",
    "/v1/datasets/{dataset}/sampling/cost": "/v1/datasets/sales/sampling/cost?by=product_id&rate=0.5&metric=amount_usd",
    "/v1/joins": "/v1/joins",
    "/v1/joins/{dataset}/{join}": "/v1/joins/maker_lines/lines x products",
    "/v1/receipts": "/v1/receipts?limit=3",
    "/v1/nights": "/v1/nights",
    "/v1/nights/{day}": f"/v1/nights/{NIGHT}",
    "/v1/workflows/{workflow_id}": f"/v1/workflows/night-{NIGHT}",
    "/v1/models": "/v1/models",
    "/v1/models/{model}": "/v1/models/maker_demand",
    "/v1/models/{model}/versions": "/v1/models/maker_demand/versions",
    "/v1/models/{model}/versions/{version}/evaluations": "/v1/models/maker_demand/versions/1/evaluations",
    "/v1/models/{model}/versions/{version}/gate": "/v1/models/shop_demand/versions/1/gate",
    "/v1/models/{model}/route": "/v1/models/shop_demand/route",
    "/v1/watched": "/v1/watched",
    "/v1/watched/{model}": "/v1/watched/till_guesses",
    "/v1/monitors": "/v1/monitors",
    "/v1/profiles": "/v1/profiles",
    "/v1/monitors/health": "/v1/monitors/health",
    "/v1/monitors/{monitor}/series": "/v1/monitors/lines in/series",
    "/v1/monitors/{monitor}/slices": "/v1/monitors/lines in/slices",
    "/v1/series": "/v1/series",
    "/v1/monitors/{monitor}/back-test": "/v1/monitors/lines in/back-test?days=3",
    "/v1/monitors/{monitor}/learned": "/v1/monitors/lines in/learned",
    "/v1/slos": "/v1/slos",
    "/v1/attributions": "/v1/attributions?dataset=sales",
    "/v1/bench/runs": "/v1/bench/runs?model=shop_demand",
    "/v1/slos/documents": "/v1/slos/documents?name=lines come",
    "/v1/slos/exclusions": "/v1/slos/exclusions",
    "/v1/slos/{objective}": "/v1/slos/lines come",
    "/v1/alerts": "/v1/alerts?open_only=true",
    "/v1/alerts/noise": "/v1/alerts/noise?weeks=2",
    "/v1/alert-groups": "/v1/alert-groups?state=open",
    "/v1/silences": "/v1/silences?active_only=true",
    "/v1/changes": "/v1/changes?upstream_of=model:maker_demand&since=2024-03-01T00:00:00Z&until=2024-04-01T00:00:00Z",
    "/v1/notices": "/v1/notices",
    "/v1/notices/targets": "/v1/notices/targets",
    "/v1/alertmanager": "/v1/alertmanager?open_only=true",
    "/v1/incidents": "/v1/incidents",
    "/v1/assessment": "/v1/assessment?model=shop_guess",
    "/v1/defences": "/v1/defences",
    "/v1/defences/{category}": "/v1/defences/join-failure?model=maker_demand",
    "/v1/readiness": "/v1/readiness",
    "/v1/readiness/{model}": "/v1/readiness/maker_demand",
    "/v1/reviews": "/v1/reviews",
    "/v1/reviews/now": "/v1/reviews/now",
    "/v1/follow-ups": "/v1/follow-ups?open_only=true",
    "/v1/follow-ups/digest": "/v1/follow-ups/digest",
    "/v1/postmortems": "/v1/postmortems?q=beer",
    "/v1/postmortems/statistics": "/v1/postmortems/statistics",
    "/v1/postmortems/schema": "/v1/postmortems/schema",
    "/v1/postmortems/export": "/v1/postmortems/export",
    "/v1/taxonomy": "/v1/taxonomy",
    "/v1/taxonomy/history": "/v1/taxonomy/history",
    "/v1/break-glass": "/v1/break-glass",
    "/v1/freezes": "/v1/freezes",
    "/v1/changes-held": "/v1/changes-held",
    "/v1/changes-scheduled": "/v1/changes-scheduled",
    "/v1/privacy/keys": "/v1/privacy/keys",
    "/v1/datasets/{dataset}/anonymity": "/v1/datasets/sales/anonymity?quasi=shop,product_id&k=2",
    "/v1/erasures": "/v1/erasures",
    "/v1/retention": "/v1/retention",
    "/v1/retention/due": "/v1/retention/due",
    "/v1/housekeeping": "/v1/housekeeping",
    "/v1/ledger/events": "/v1/ledger/events?limit=2&kind=route.changed",
    "/v1/lineage": "/v1/lineage?of=trained:maker_demand@2",
    "/v1/lineage/columns": "/v1/lineage/columns?of=maker_lines.sold_at",
    "/v1/lake/tables": "/v1/lake/tables",
    "/v1/lake/tables/{table}": "/v1/lake/tables/maker_lines",
    "/v1/lake/tables/{table}/versions": "/v1/lake/tables/sales/versions",
    "/v1/lake/tables/{table}/vacuum": "/v1/lake/tables/sales/vacuum?keep_for=0s",
    "/v1/lake/pins": "/v1/lake/pins",
    "/v1/contracts": "/v1/contracts",
    "/v1/contracts/{dataset}": "/v1/contracts/sales",
    "/v1/contracts/{dataset}/document": "/v1/contracts/sales/document?version=1",
    "/v1/contracts/{dataset}/history": "/v1/contracts/sales/history",
    "/v1/contracts/{dataset}/difference": "/v1/contracts/sales/difference",
    "/v1/contract-proposals": "/v1/contract-proposals?open_only=true",
    "/v1/labels": "/v1/labels",
    "/v1/labels/{name}": "/v1/labels/returned",
}
SALES = sales_of(NIGHTS[0])
HELD = SALES.head(7)
RUN_EVENT = {
    "eventType": "COMPLETE",
    "eventTime": "2024-03-30T06:00:00Z",
    "producer": "https://example.org/tills",
    "run": {"runId": "0195e8a0-0000-7000-8000-000000000002"},
    "job": {"namespace": "tills", "name": "close_of_day"},
    "outputs": [{"namespace": "tills", "name": "daily_file"}],
}
Write = Callable[[Api, str], Response]


def decide(api: Api, name: str, verb: str, key: str) -> Response:
    """Send a batch that is held, because its rows came before, and decide on it."""
    sent = api.send("/v1/datasets/sales/batches", HELD.write_csv().encode(), "text/csv", key=name)
    twin = api.send("/v1/datasets/sales/batches", HELD.reverse().write_csv().encode(), "text/csv", key=f"{name} again")
    assert (sent.is_success, twin.json()["state"] in ("held", "committed", "rejected")) == (True, True), twin.text
    return api.post(f"/v1/receipts/{twin.json()['id']}/{verb}", {"reason": "it is known"}, key=key)


def first_alert(api: Api) -> Any:
    """The newest alert."""
    return api.get("/v1/alerts")["items"][0]


def pseudonym_of(api: Api, value: str) -> str:
    """A pseudonym as ingestion makes it."""
    return api.platform.pseudonyms.pseudonymise(pl.Series([value]), "addresses")[0]


def token_of(api: Api) -> str:
    """Id of a token that was made for ada."""
    return api.platform.tokens.issue("ada", ["owner"], timedelta(days=1), key="ada", actor="ed").token.id


WRITING: dict[str, Write] = {
    "/v1/datasets/{dataset}/batches": lambda api, key: api.send(
        "/v1/datasets/sales/batches", SALES.write_csv().encode(), "text/csv; charset=utf-8", key=key
    ),
    "/v1/access/tokens/{token}/revocation": lambda api, key: api.post(
        f"/v1/access/tokens/{token_of(api)}/revocation", key=key
    ),
    "/v1/watched/{model}/runs": lambda api, key: api.post("/v1/watched/till_guesses/runs", key=key),
    "/v1/spool/commit": lambda api, key: api.post("/v1/spool/commit?dataset=sales", key=key),
    "/v1/datasets/{dataset}/quarantine/replays": lambda api, key: api.post(
        "/v1/datasets/sales/quarantine/replays", {}, key=key
    ),
    "/v1/datasets/{dataset}/quarantine/discards": lambda api, key: api.post(
        "/v1/datasets/sales/quarantine/discards", {"why": "a test till"}, key=key
    ),
    "/v1/receipts/{receipt_id}/release": lambda api, key: decide(api, "twin", "release", key),
    "/v1/receipts/{receipt_id}/rejection": lambda api, key: decide(api, "triplet", "rejection", key),
    "/v1/nights/{day}": lambda api, key: api.post(f"/v1/nights/{NIGHT}", key=key),
    "/v1/extractions": lambda api, key: api.post(
        "/v1/extractions", {"dataset": "maker_lines", "days": [NIGHT]}, key=key
    ),
    "/v1/retrainings": lambda api, key: api.post(
        "/v1/retrainings", {"model": "maker_demand", "known_until": NIGHT, "members": ["beer"]}, key=key
    ),
    "/v1/models/{model}/versions/{version}/override": lambda api, key: api.post(
        "/v1/models/shop_guess/versions/1/override", {"reason": "for the fair"}, key=key
    ),
    "/v1/models/{model}/deploy": lambda api, key: api.post("/v1/models/shop_demand/deploy", {"version": 2}, key=key),
    "/v1/models/{model}/rollback": lambda api, key: api.post(
        "/v1/models/maker_demand/rollback", {"to": "1", "member": "beer"}, key=key
    ),
    "/v1/profiles/runs": lambda api, key: api.post("/v1/profiles/runs?what=sales", key=key),
    "/v1/profiles/{what}/parts": lambda api, key: api.post(
        f"/v1/profiles/sales/parts?window={NIGHT}", [{"column": "amount_usd", "rows": 4}], key=key
    ),
    "/v1/monitors/catch-ups": lambda api, key: api.post("/v1/monitors/catch-ups?monitor=revenue", key=key),
    "/v1/series/{name}": lambda api, key: api.post(
        "/v1/series/revenue", [{"at": "2024-03-11T18:00:00Z", "value": 812.5, "shop": "north"}], key=key
    ),
    "/v1/monitors/evaluations": lambda api, key: api.post("/v1/monitors/evaluations?day=2024-04-01", key=key),
    "/v1/alerts/{alert}/verdict": lambda api, key: api.post(
        f"/v1/alerts/{first_alert(api)['group']}/verdict", {"verdict": "useful", "note": "the fair"}, key=key
    ),
    "/v1/alerts/{alert}/explanation": lambda api, key: api.post(
        f"/v1/alerts/{first_alert(api)['id']}/explanation", key=key
    ),
    "/v1/silences": lambda api, key: api.post("/v1/silences", {"lasts": "4h", "reason": "the fair"}, key=key),
    "/v1/silences/{silence}/end": lambda api, key: api.post(
        f"/v1/silences/{api.get('/v1/silences')['items'][0]['id']}/end", key=key
    ),
    "/v1/alerts/{alert}/acknowledgement": lambda api, key: api.post(
        f"/v1/alerts/{first_alert(api)['id']}/acknowledgement", key=key
    ),
    "/v1/changes": lambda api, key: api.post("/v1/changes", {"subject": "event:fair", "summary": "a fair"}, key=key),
    "/v1/alertmanager": lambda api, key: api.post("/v1/alertmanager", {"version": "4", "alerts": []}, key=key),
    "/v1/notices/deliveries": lambda api, key: api.post("/v1/notices/deliveries", key=key),
    "/v1/notices/tests": lambda api, key: api.post("/v1/notices/tests", {"target": "hook"}, key=key),
    "/v1/notices/retries": lambda api, key: api.post(
        "/v1/notices/retries", {"notice": api.get("/v1/notices")["items"][0]["notice"]}, key=key
    ),
    "/v1/incidents": lambda api, key: api.post(
        "/v1/incidents", {"title": "beer is out", "on": "maker_demand"}, key=key
    ),
    "/v1/incidents/{incident}/roles": lambda api, key: api.post(
        "/v1/incidents/2024-001/roles", {"role": "commander", "person": "ada"}, key=key
    ),
    "/v1/incidents/{incident}/notes": lambda api, key: api.post(
        "/v1/incidents/2024-001/notes", {"text": "the fair drinks it"}, key=key
    ),
    "/v1/incidents/{incident}/actions": lambda api, key: api.post(
        "/v1/incidents/2024-001/actions", {"mitigation": "post-notice", "arguments": {"text": "buy"}}, key=key
    ),
    "/v1/incidents/{incident}/interrupted-actions/{number}": lambda api, key: api.post(
        "/v1/incidents/2024-001/interrupted-actions/1", {}, key=key
    ),
    "/v1/signals": lambda api, key: api.post(
        "/v1/signals", {"text": "no till answers", "on": "tills", "kind": "support"}, key=key
    ),
    "/v1/signals/prompts/{prompt}/incident": lambda api, key: api.post(
        f"/v1/signals/prompts/{prompted(api)}/incident", {"severity": "sev3"}, key=key
    ),
    "/v1/signals/{signal}/dismissal": lambda api, key: api.post(
        f"/v1/signals/{filed_alone(api)}/dismissal", {"reason": "a test"}, key=key
    ),
    "/v1/incidents/{incident}/impact": lambda api, key: api.post(
        "/v1/incidents/2024-001/impact", {"dimension": "users", "low": 10, "high": 90, "evidence": "the till"}, key=key
    ),
    "/v1/incidents/{incident}/impact/counts": lambda api, key: api.post(
        "/v1/incidents/2024-001/impact/counts", {}, key=key
    ),
    "/v1/incidents/{incident}/severity": lambda api, key: api.post(
        "/v1/incidents/2024-001/severity", {"severity": "sev3", "reason": "one fair"}, key=key
    ),
    "/v1/incidents/{incident}/systems": lambda api, key: api.post(
        "/v1/incidents/2024-001/systems", {"system": "model:x", "reason": "same shelf"}, key=key
    ),
    "/v1/incidents/{incident}/merge": lambda api, key: api.post(
        f"/v1/incidents/{another_incident(api)}/merge", {"into": "2024-001", "reason": "one fair"}, key=key
    ),
    "/v1/incidents/{incident}/alerts": lambda api, key: api.post(
        "/v1/incidents/2024-001/alerts", {"alert": first_alert(api)["id"]}, key=key
    ),
    "/v1/incidents/{incident}/unmerge": lambda api, key: api.post(
        f"/v1/incidents/{another_incident(api)}/unmerge", {"reason": "two fairs"}, key=key
    ),
    "/v1/incidents/{incident}/near-miss": lambda api, key: api.post(
        "/v1/incidents/2024-001/near-miss", {"defence": "the cellar was full"}, key=key
    ),
    "/v1/incidents/{incident}/corrections": lambda api, key: api.post(
        "/v1/incidents/2024-001/corrections",
        {"text": "the till", "phase": "start", "earliest_at": "2024-03-01T08:00Z"},
        key=key,
    ),
    "/v1/incidents/{incident}/pins": lambda api, key: api.post(
        "/v1/incidents/2024-001/pins", {"monitor": "lines in", "since": "2024-01-01T00:00Z"}, key=key
    ),
    "/v1/incidents/{incident}/files": lambda api, key: api.send(
        "/v1/incidents/2024-001/files?name=seen.txt", b"empty kegs", "text/plain", key=key
    ),
    "/v1/declarations/sync": lambda api, key: api.post("/v1/declarations/sync", {}, key=key),
    "/v1/incidents/{incident}/phase": lambda api, key: api.post(
        "/v1/incidents/2024-001/phase", {"action": "investigate"}, key=key
    ),
    "/v1/incidents/{incident}/agreements": lambda api, key: api.post(
        "/v1/incidents/2024-001/agreements", {**FALL_BACK, "of": "business"}, key=key
    ),
    "/v1/incidents/{incident}/answerers": lambda api, key: api.post(
        "/v1/incidents/2024-001/answerers",
        {"of": "business", "person": "bo", "reason": "tonight"},
        key=key,
        X_Steek_Actor="ada",
    ),
    "/v1/agreements/{agreement}/agreement": lambda api, key: api.post(
        f"/v1/agreements/{agreement(api)}/agreement", {"answer": "one day"}, key=key, X_Steek_Actor="bo"
    ),
    "/v1/agreements/{agreement}/refusal": lambda api, key: api.post(
        f"/v1/agreements/{agreement(api)}/refusal", {"answer": "no more"}, key=key, X_Steek_Actor="bo"
    ),
    "/v1/agreements/{agreement}/override": lambda api, key: api.post(
        f"/v1/agreements/{asked_again(api)}/override", {"reason": "nobody answers"}, key=key, X_Steek_Actor="ada"
    ),
    "/v1/incidents/{incident}/estimate": lambda api, key: api.post(
        "/v1/incidents/2024-001/estimate", {"model": "maker_demand"}, key=key
    ),
    "/v1/changes-held": lambda api, key: api.post("/v1/changes-held", FORESEEN, key=key),
    "/v1/changes-held/{change}/approval": lambda api, key: api.post(
        f"/v1/changes-held/{held_change(api)}/approval", {"valid_for": "2h"}, key=key
    ),
    "/v1/changes-held/{change}/refusal": lambda api, key: api.post(
        f"/v1/changes-held/{held_change(api)}/refusal", {"reason": "too late"}, key=key
    ),
    "/v1/changes-held/{change}/asking": lambda api, key: api.post(
        f"/v1/changes-held/{held_change(api)}/asking", {"reason": "stock is low"}, key=key
    ),
    "/v1/freezes/{incident}/release": lambda api, key: api.post("/v1/freezes/2024-001/release", key=key),
    "/v1/incidents/{incident}/resolution": lambda api, key: api.post(
        "/v1/incidents/2024-001/resolution", {"verify": False, "reason": "the fair left"}, key=key
    ),
    "/v1/incidents/{incident}/watches": lambda api, key: api.post(
        "/v1/incidents/2024-001/watches", {"length": "5d"}, key=key
    ),
    "/v1/incidents/{incident}/groups": lambda api, key: api.post(
        "/v1/incidents/2024-001/groups", {"nobody_because": "beer is sold elsewhere too"}, key=key
    ),
    "/v1/incidents/{incident}/refusals": lambda api, key: api.post(
        "/v1/incidents/2024-001/refusals", {"what": "add-capacity", "reason": "minors drink it"}, key=key
    ),
    "/v1/incidents/{incident}/refusals/{refusal}/decision": lambda api, key: api.post(
        f"/v1/incidents/2024-001/refusals/{api.get('/v1/incidents/2024-001/refusals')['items'][0]['id']}/decision",
        {"verdict": "leave", "note": "right"},
        key=key,
        X_Steek_Actor="bob",
    ),
    "/v1/incidents/{incident}/hypotheses": lambda api, key: api.post(
        "/v1/incidents/2024-001/hypotheses", {"text": "the fair drinks it", "test": "ask the till"}, key=key
    ),
    "/v1/incidents/{incident}/hypotheses/{number}/owner": lambda api, key: api.post(
        "/v1/incidents/2024-001/hypotheses/1/owner", {"owner": "ada"}, key=key
    ),
    "/v1/incidents/{incident}/hypotheses/{number}/verdict": lambda api, key: api.post(
        "/v1/incidents/2024-001/hypotheses/1/verdict", {"verdict": "confirmed", "reason": "empty kegs"}, key=key
    ),
    "/v1/incidents/{incident}/hypotheses/{number}/doubt": lambda api, key: api.post(
        "/v1/incidents/2024-001/hypotheses/1/doubt", {"reason": "full kegs"}, key=key
    ),
    "/v1/bench/runs": lambda api, key: api.post(
        "/v1/bench/runs",
        {"model": "shop_demand", "sides": ["1", "2"], "typed": [{"shop": "north"}], "as_said": True},
        key=key,
    ),
    "/v1/bench/questions": lambda api, key: api.post(
        "/v1/bench/questions", {"model": "shop_demand", "entity": {"shop": "north"}, "sides": ["2"]}, key=key
    ),
    "/v1/privacy/rotations": lambda api, key: api.post("/v1/privacy/rotations", {"scope": "addresses"}, key=key),
    "/v1/privacy/pseudonyms": lambda api, key: api.post(
        "/v1/privacy/pseudonyms", {"value": "Elm Street 12", "scope": "addresses", "reason": "a letter"}, key=key
    ),
    "/v1/privacy/reversals": lambda api, key: api.post(
        "/v1/privacy/reversals",
        {"pseudonym": pseudonym_of(api, "Elm Street 12"), "scope": "addresses", "reason": "a letter"},
        key=key,
    ),
    "/v1/erasures": lambda api, key: api.post(
        "/v1/erasures", {"kind": "shop", "value": "south", "reason": "by letter"}, key=key
    ),
    "/v1/erasures/{erasure}/cancellation": lambda api, key: api.post(
        f"/v1/erasures/{api.get('/v1/erasures')['items'][0]['id']}/cancellation", {"reason": "asked back"}, key=key
    ),
    "/v1/erasure-runs": lambda api, key: api.post("/v1/erasure-runs", key=key),
    "/v1/erasure-searches": lambda api, key: api.post(
        "/v1/erasure-searches", {"kind": "shop", "value": "south"}, key=key
    ),
    "/v1/retention/runs": lambda api, key: api.post("/v1/retention/runs", key=key),
    "/v1/housekeeping": lambda api, key: api.post("/v1/housekeeping", key=key),
    "/v1/lake/tables/{table}/compaction": lambda api, key: api.post("/v1/lake/tables/sales/compaction", {}, key=key),
    "/v1/lake/tables/{table}/pins": lambda api, key: api.post(
        "/v1/lake/tables/sales/pins", {"version": 1, "reason": "the audit"}, key=key
    ),
    "/v1/lake/pins/{pin}/release": lambda api, key: api.post(
        f"/v1/lake/pins/{quote('key of /v1/lake/tables/{table}/pins')}/release", key=key
    ),
    "/v1/lake/tables/{table}/vacuum": lambda api, key: api.post(
        "/v1/lake/tables/sales/vacuum", {"keep_for": "0s"}, key=key
    ),
    "/api/v1/lineage": lambda api, key: api.post("/api/v1/lineage", RUN_EVENT, key=key),
    "/v1/ledger/verification": lambda api, key: api.post("/v1/ledger/verification", key=key),
}
# The second answer to the same key lacks what is shown once; tests of access look at it.
SHOWN_ONCE = {"/v1/access/tokens", "/v1/concerns"}
# They take two people with roles, and columns that are personal; see test_emergency_doors.py.
FOR_TWO = {f"/v1/break-glass{part}" for part in ("", *(f"/{{grant}}/{word}" for word in ("grant", "refusal", "end")))}
FOR_TWO.update({"/v1/break-glass/{grant}/review", "/v1/break-glass/{grant}/rows"})
# People: on-call, updates, handovers; see test_people_addresses.py.
FOR_PEOPLE = {f"/v1/oncall/{part}" for part in ("overrides", "absences", "attendance", "pages/{incident}")}
FOR_PEOPLE.update({"/v1/oncall/pages/{incident}/acknowledgement", "/v1/handovers/{handover}/acceptance"})
FOR_PEOPLE.update(
    f"/v1/incidents/{{incident}}/{part}"
    for part in (
        "updates",
        "updates/{number}/approval",
        "updates/{number}/correction",
        "cadence",
        "outside-page",
        "questions",
    )
)
FOR_PEOPLE.update(
    f"/v1/incidents/{{incident}}/{part}" for part in ("questions/{question}/answer", "handovers", "takeovers")
)
PEOPLE_READ = {f"/v1/oncall{part}" for part in ("", "/rotations", "/watches", "/gaps", "/calendar.ics", "/exceptions")}
PEOPLE_READ.update(f"/v1/oncall/{part}" for part in ("reachable", "contacts", "stakeholders", "pages"))
PEOPLE_READ.update(
    f"/v1/incidents/{{incident}}/{part}" for part in ("updates", "status", "handovers", "handover-draft")
)
PEOPLE_READ.update({"/v1/status/{token}"})
FOR_READERS = {f"/v1/concerns/{{concern}}/{word}" for word in ("acknowledgement", "answer")}


def proposed(api: Api, dataset: str) -> str:
    """Id of the one proposal about a dataset, made if there is none."""
    made = api.get("/v1/contract-proposals", dataset=dataset)["items"]
    return made[0]["id"] if made else propose(api, dataset, f"the change of {dataset}").json()["id"]


def propose(api: Api, dataset: str, key: str) -> Response:
    """Propose that rows of a dataset go after nine days."""
    document = api.get(f"/v1/contracts/{dataset}/document")["yaml"]
    if "retention" not in document:
        document += "slaProperties: [{property: retention, value: 9, unit: d}]\n"
    return api.post(f"/v1/contracts/{dataset}/proposals", {"yaml": document, "reason": "the law"}, key=key)


SAID = b"sale_id,sold_at,label,annotator\n1,2024-03-01 09:00:00,kept,ann\n1,2024-03-01 09:00:00,kept,bob\n"
WRITING.update(
    {
        "/v1/contract-drafts": lambda api, key: api.send(
            "/v1/contract-drafts?dataset=sold", SALES.write_csv().encode(), "text/csv", key=key
        ),
        "/v1/contracts/{dataset}/preview": lambda api, key: api.post("/v1/contracts/sales/preview", {}, key=key),
        "/v1/contracts/{dataset}/proposals": lambda api, key: propose(api, "products", key),
        "/v1/contract-proposals/{proposal_id}/override": lambda api, key: api.post(
            f"/v1/contract-proposals/{proposed(api, 'products')}/override", {"reason": "now"}, key=key
        ),
        "/v1/contract-proposals/{proposal_id}/acknowledgements": lambda api, key: api.post(
            f"/v1/contract-proposals/{proposed(api, 'products')}/acknowledgements", {"owner": "data@corner"}, key=key
        ),
        "/v1/contract-proposals/{proposal_id}/application": lambda api, key: api.post(
            f"/v1/contract-proposals/{proposed(api, 'products')}/application", key=key
        ),
        "/v1/contract-proposals/{proposal_id}/withdrawal": lambda api, key: api.post(
            f"/v1/contract-proposals/{proposed(api, 'sales')}/withdrawal", {"reason": "later"}, key=key
        ),
        "/v1/labels/{name}/batches": lambda api, key: api.send(
            "/v1/labels/returned/batches", SAID, "text/csv", key=key
        ),
    }
)


def renamed(api: Api) -> str:
    """The shop's promise as a document of another name."""
    text: str = api.get("/v1/slos/documents", name="lines come")["openslo"]
    return text.replace("displayName: lines come", "displayName: lines still come")


WRITING.update(
    {
        "/v1/slos/checks": lambda api, key: api.post("/v1/slos/checks?day=2024-04-01", key=key),
        "/v1/slos": lambda api, key: api.post("/v1/slos", {"openslo": renamed(api)}, key=key),
        "/v1/slos/{objective}/retirement": lambda api, key: api.post(
            "/v1/slos/lines still come/retirement", {"reason": "one is enough"}, key=key
        ),
        "/v1/slos/exclusions": lambda api, key: api.post(
            "/v1/slos/exclusions",
            {"start_at": "2024-04-01T00:00:00Z", "end_at": "2024-04-02T00:00:00+00:00", "reason": "a holiday"},
            key=key,
        ),
        "/v1/slos/exclusions/{exclusion}/withdrawal": lambda api, key: api.post(
            f"/v1/slos/exclusions/{api.get('/v1/slos/exclusions')['items'][0]['id']}/withdrawal",
            {"reason": "it was none"},
            key=key,
        ),
    }
)
EARLIER = {"start_at": f"{NIGHTS[0]}T00:00:00Z", "end_at": f"{NIGHTS[0] + timedelta(days=1)}T00:00:00Z"}
LATER = {"start_at": f"{NIGHT}T00:00:00Z", "end_at": f"{NIGHTS[-1] + timedelta(days=1)}T00:00:00Z"}
WRITING["/v1/attributions"] = lambda api, key: api.post(
    "/v1/attributions",
    {"dataset": "sales", "metric": "sum:amount_usd", "window": LATER, "against": EARLIER, "by": ["product_id"]},
    key=key,
)
FALL_BACK = {"mitigation": "fall-back", "arguments": {"model": "maker_demand"}}
FORESEEN = {
    "incident": "2024-001",
    "subject": "model:maker_demand",
    "action": "deploy",
    "what": "version 9",
    "reason": "the fair",
}


def asked_again(api: Api) -> str:
    asked = {**FALL_BACK, "of": "business", "reason": "again"}
    return api.post("/v1/incidents/2024-001/agreements", asked, key="asked again").json()["id"]


def agreement(api: Api) -> str:
    return api.get("/v1/incidents/2024-001/agreements")["items"][0]["id"]


def held_change(api: Api) -> str:
    return api.get("/v1/changes-held", every=True)["items"][0]["id"]


def reviewed(api: Api, key: str) -> Response:
    """Ask for the review and accept as somebody else."""
    asked = api.post("/v1/postmortems/2024-001/review", {"step": "ask"}, key=f"{key} asked")
    assert asked.is_success, asked.text
    return api.post("/v1/postmortems/2024-001/review", {"step": "accept"}, key=key, X_Steek_Actor="zoe")


def first_point(api: Api) -> str:
    return api.get("/v1/postmortems/2024-001")["report"]["points"][0]["id"]


WRITING.update(
    {
        "/v1/postmortems/{incident}/draft": lambda api, key: api.post("/v1/postmortems/2024-001/draft", key=key),
        "/v1/postmortems/{postmortem}/points": lambda api, key: api.post(
            "/v1/postmortems/2024-001/points", {"role": "luck", "text": "It was cold."}, key=key
        ),
        "/v1/postmortems/{postmortem}/points/{point}/judgement": lambda api, key: api.post(
            f"/v1/postmortems/2024-001/points/{first_point(api)}/judgement", {"standing": "confirmed"}, key=key
        ),
        "/v1/postmortems/{postmortem}/comments": lambda api, key: api.post(
            "/v1/postmortems/2024-001/comments", {"text": "well told"}, key=key
        ),
        "/v1/postmortems/{postmortem}/review": reviewed,
        "/v1/postmortems/{postmortem}/publish": lambda api, key: api.post(
            "/v1/postmortems/2024-001/publish", {"reason": "no category yet"}, key=key
        ),
        "/v1/postmortems/import": lambda api, key: api.post(
            "/v1/postmortems/import", {"files": {"old.md": "# Sour beer\n## Impact\nAll of it."}}, key=key
        ),
    }
)
GATE_IT = {"text": "gate it", "owner": "ada", "check": {"kind": "gate_rule", "model": "shop_guess", "rule": "at_least"}}
WRITING.update(
    {
        "/v1/follow-ups": lambda api, key: api.post("/v1/follow-ups", GATE_IT, key=key),
        "/v1/follow-ups/checks": lambda api, key: api.post("/v1/follow-ups/checks", key=key),
        "/v1/follow-ups/digest": lambda api, key: api.post("/v1/follow-ups/digest", key=key),
        "/v1/follow-ups/{follow_up}/changes": lambda api, key: api.post(
            "/v1/follow-ups/F-1/changes", {"action": "start"}, key=key
        ),
        "/v1/follow-ups/{follow_up}/check": lambda api, key: api.post("/v1/follow-ups/F-1/check", key=key),
        "/v1/follow-ups/{follow_up}/review": lambda api, key: api.post(
            "/v1/follow-ups/F-1/review", {"note": "worth it"}, key=key
        ),
        "/v1/follow-ups/{follow_up}/tracker": lambda api, key: api.post(
            "/v1/follow-ups/F-1/tracker", {"tracker": "jira", "outside_id": "7", "state": "open"}, key=key
        ),
        "/v1/follow-ups/{follow_up}/done": lambda api, key: api.post(
            "/v1/follow-ups/F-1/done", {"reason": "it went"}, key=key
        ),
        "/v1/readiness/{model}/tests/{test}": lambda api, key: api.post(
            "/v1/readiness/maker_demand/tests/data-cost", {"text": "cheap"}, key=key
        ),
        "/v1/reviews": lambda api, key: api.post("/v1/reviews", {"note": "looked"}, key=key),
        "/v1/reviews/entries": lambda api, key: api.post(
            "/v1/reviews/entries", {"text": "one till", "kind": "single point of failure", "subject": "till"}, key=key
        ),
        "/v1/reviews/entries/{entry}/settlement": lambda api, key: api.post(
            "/v1/reviews/entries/A-1/settlement", {"reason": "two tills"}, key=key
        ),
    }
)
RUN_OF_BENCH = f"b-{hashlib.sha256(b'key of /v1/bench/runs').hexdigest()[:12]}"
# They need what a write made first.


def prompted(api: Api) -> str:
    """A prompt that asks for a declaration, or the one that was declared from."""
    for who in ("kim", "lee"):
        told = {"text": "tills are silent", "on": "silent tills", "kind": "data", "source": who}
        api.post("/v1/signals", told, key=f"prompting {who}")
    prompts = api.get("/v1/signals/prompts", open_only=False)["items"]
    return str(next(one["id"] for one in prompts if one["system"] == "system:silent tills"))


def filed_alone(api: Api) -> str:
    return str(api.post("/v1/signals", {"text": "odd", "on": "elsewhere"}, key="alone").json()["id"])


def another_incident(api: Api) -> str:
    asked = {"title": "beer is out again", "on": "another shelf"}
    return str(api.post("/v1/incidents", asked, key="another").json()["id"])


AFTER_WRITING: dict[str, str] = (
    {
        f"/v1/incidents/{{incident}}{part}": f"/v1/incidents/2024-001{part}"
        for part in ("/impact", "/severity", "/pins", "/alerts")
    }
    | {
        "/v1/signals": "/v1/signals",
        "/v1/signals/prompts": "/v1/signals/prompts",
        "/v1/declarations": "/v1/declarations",
    }
    | {
        f"/v1/incidents/{{incident}}{part}": f"/v1/incidents/2024-001{part}"
        for part in ("", "/menu", "/suspects", "/hypotheses", "/timeline", "/next", "/effects")
    }
    | {
        f"/v1/incidents/{{incident}}{part}": f"/v1/incidents/2024-001{part}"
        for part in (
            "/agreements",
            "/answerers",
            "/interrupted-actions",
            "/confidence",
            "/estimate",
            "/watches",
            "/groups",
            "/refusals",
        )
    }
    | {
        "/v1/incidents/{incident}/similar": "/v1/incidents/2024-001/similar",
        "/v1/postmortems/{postmortem}": "/v1/postmortems/2024-001",
        "/v1/postmortems/{incident}/draft": "/v1/postmortems/2024-001/draft",
        "/v1/postmortems/{postmortem}/history": "/v1/postmortems/2024-001/history",
        "/v1/postmortems/{postmortem}/comments": "/v1/postmortems/2024-001/comments",
        "/v1/postmortems/{postmortem}/revisions/{revision}": "/v1/postmortems/2024-001/revisions/1",
        "/v1/follow-ups/{follow_up}": "/v1/follow-ups/F-1",
        "/v1/labels/{name}/agreement": "/v1/labels/returned/agreement",
        "/v1/bench/runs/{run_id}": f"/v1/bench/runs/{RUN_OF_BENCH}",
        "/v1/bench/runs/{run_id}/results": f"/v1/bench/runs/{RUN_OF_BENCH}/results?limit=5",
        "/v1/bench/comparison": f"/v1/bench/comparison?run={RUN_OF_BENCH}&other={RUN_OF_BENCH}&other_side=1",
        "/v1/profiles/{what}": "/v1/profiles/sales?column=amount_usd",
        "/v1/profiles/{what}/windows": "/v1/profiles/sales/windows",
        "/v1/profiles/{what}/slices": "/v1/profiles/sales/slices",
        "/v1/profiles/{what}/comparison": f"/v1/profiles/sales/comparison?before={NIGHTS[0]}&after={NIGHTS[0]}",
    }
)


def addresses(api: Api, method: str) -> set[str]:
    """Paths in the API's own description that take a method."""
    paths: dict[str, Any] = api.app.openapi()["paths"]
    return {path for path, methods in paths.items() if method in methods}


@pytest.mark.covers("N4")
@pytest.mark.parametrize("path", READING.values(), ids=READING.keys())
def test_an_address_that_reads_answers_in_json(reading: Api, path: str) -> None:
    body = reading.get(path)
    assert isinstance(body, dict)
    assert body


@pytest.mark.covers("N4", "D1")
def test_every_address_that_writes_does_so_once_per_key(api: Api) -> None:
    for path, write in WRITING.items():
        first, events = write(api, f"key of {path}"), api.platform.ledger.count()
        assert first.is_success, (path, first.text)
        second = write(api, f"key of {path}")
        assert (second.status_code, second.json()) == (first.status_code, first.json()), path
        # A question is a look at answers, and every look is on record.
        assert api.platform.ledger.count() == events + (path == "/v1/bench/questions"), path
    for path in AFTER_WRITING.values():
        # Of what moves no indicator, as a notice, there is no effect to tell.
        assert api.get(path) != {} or path.endswith("/effects")
    proposal = api.get("/v1/contract-proposals", dataset="products")["items"][0]
    assert api.get(f"/v1/contract-proposals/{proposal['id']}") == proposal
    batch = api.get("/v1/labels/returned")["batches"][0]
    assert api.get(f"/v1/labels/returned/batches/{batch['id']}") == {"batch": batch, "affected": []}
    receipt = api.get("/v1/datasets/sales/receipts")["items"][0]
    assert api.get(f"/v1/receipts/{receipt['id']}")["receipt"] == receipt
    judged = api.get(f"/v1/receipts/{receipt['id']}/verdicts", explain=True)
    assert judged["batch"]["receipt_id"] == receipt["id"]
    assert "duplicate_batch" in judged["asks"]
    row = api.get("/v1/datasets/sales/quarantine")["items"][0]
    assert api.get(f"/v1/quarantine/{row['id']}") == row
    erasure = api.get("/v1/erasures")["items"][0]
    assert api.get(f"/v1/erasures/{erasure['id']}") == erasure
    unfinished = api.client.get(f"/v1/erasures/{erasure['id']}/certificate")
    assert (unfinished.status_code, unfinished.json()["code"]) == (409, "conflict")
    event = api.get("/v1/ledger/events")["items"][0]
    assert api.get(f"/v1/ledger/events/{event['id']}") == event
    alert = first_alert(api)
    assert api.get(f"/v1/alerts/{alert['id']}")["alert"] == alert
    assert api.get(f"/v1/alert-groups/{alert['group']}")["line"]["verdicts"]["useful"] == 1
    assert api.get(f"/v1/alerts/{alert['id']}/chart")["layer"]
    assert alert["evidence"]["attribution"]["sentence"].startswith("0 rows where")
    assert api.client.get(f"/v1/alerts/{alert['id']}/chart.png").content.startswith(b"\x89PNG")


def test_no_address_is_left_out(reading: Api) -> None:
    by_id = {"/v1/receipts/{receipt_id}", "/v1/ledger/events/{event_id}"}
    by_id |= {"/v1/contract-proposals/{proposal_id}", "/v1/labels/{name}/batches/{batch_id}"}
    by_id |= {"/v1/pins/{pin}/content"}
    by_id |= {"/v1/attributions/{attribution_id}", "/v1/changes-held/{change}"}
    by_id |= {f"/v1/alerts/{{alert}}{part}" for part in ("", "/chart", "/chart.png")} | {"/v1/alert-groups/{group}"}
    by_id |= {"/v1/erasures/{erasure}", "/v1/erasures/{erasure}/certificate"}
    by_id |= {"/v1/lineage/openlineage", "/v1/quarantine/{row_id}", "/v1/receipts/{receipt_id}/verdicts"}
    by_id |= {"/v1/break-glass/{grant}", "/v1/break-glass/{grant}/uses"}
    by_id |= {"/v1/concerns", "/v1/concerns/{concern}/answer"}
    assert addresses(reading, "get") == set(READING) | set(AFTER_WRITING) | by_id | PEOPLE_READ
    assert addresses(reading, "post") == set(WRITING) | SHOWN_ONCE | FOR_TWO | FOR_READERS | FOR_PEOPLE


@pytest.mark.covers("D11")
def test_runs_are_told_as_lines_of_openlineage(reading: Api) -> None:
    answer = reading.client.get("/v1/lineage/openlineage?limit=3")
    assert answer.headers["content-type"] == "application/x-ndjson"
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [event["eventType"] for event in told] == ["START", "COMPLETE"] * 3
    wrong = reading.client.post("/api/v1/lineage", content=b"{", headers={"content-type": "application/json"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "unreadable")


def test_the_description_is_valid_openapi_3_1(reading: Api) -> None:
    description = reading.get("/openapi.json")
    assert re.fullmatch(r"3\.1\.\d", description["openapi"])
    validate(description)


@pytest.mark.covers("N4")
def test_pages_of_the_ledger_follow_each_other_without_a_gap(reading: Api) -> None:
    seen: list[int] = []
    before: int | None = None
    while True:
        page = reading.get("/v1/ledger/events", limit=40, **({} if before is None else {"before": before}))
        seen += [event["sequence"] for event in page["items"]]
        before = page["next_before"]
        if before is None:
            break
    assert seen == list(range(reading.platform.ledger.count(), 0, -1))


@pytest.mark.covers("S3")
def test_a_route_is_changed_only_where_it_was_seen(api: Api) -> None:
    tag = api.client.get("/v1/models/shop_demand/route").headers["ETag"]
    assert tag == '"2"'
    stepped = api.post("/v1/models/shop_demand/deploy", {"version": 2}, key="step", If_Match=tag)
    assert (stepped.status_code, stepped.headers["ETag"], stepped.json()["fraction"]) == (200, '"3"', 0.5)
    for path, body in (("deploy", {"version": 2, "promote": True}), ("rollback", {"to": "last-good"})):
        late = api.post(f"/v1/models/shop_demand/{path}", body, key=f"late {path}", If_Match=tag)
        assert (late.status_code, late.json()["code"]) == (412, "stale_write")
    assert api.client.get("/v1/models/shop_demand/route").headers["ETag"] == '"3"'
    unread = api.post("/v1/models/shop_demand/rollback", {}, key="unread", If_Match='"new"')
    assert (unread.status_code, unread.json()["code"]) == (400, "input")


@pytest.mark.covers("D1")
def test_a_key_that_named_another_batch_is_a_conflict(api: Api) -> None:
    path = "/v1/datasets/sales/batches"
    assert api.send(path, SALES.write_csv().encode(), "text/csv").status_code == 202
    other = api.send(path, SALES.head(3).write_csv().encode(), "text/csv")
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
