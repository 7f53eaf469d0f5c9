"""Pages over a project in trouble: what they say, what they compare it with, and what they link to."""

import re
from html import unescape

import pytest
from console_world import World
from visitor import Visitor, text_of, visit

PAGES = (
    "/",
    "/models/search_ranking",
    "/models/next_purchase",
    "/models/partner_demand",
    "/data",
    "/monitors",
    "/monitors/partners_joined",
    "/slices/partners_joined",
    "/incidents",
    "/incidents/2017-001",
    "/postmortems",
    "/postmortems/2017-001",
    "/ledger",
    "/lineage",
    "/lineage?of=trained:partner_demand@7",
    "/search?q=partner",
)


def get(reader: Visitor, path: str) -> str:
    answer = reader.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def charts_of(html: str) -> list[str]:
    return re.findall(r'<img class="chart" src="([^"]+)"', html)


def row_of(html: str, name: str) -> str:
    rows = re.findall(r"<tr.*?</tr>", html, flags=re.DOTALL)
    return text_of(next(row for row in rows if f">{name}</a>" in row))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_and_named(reader: Visitor, path: str) -> None:
    html = get(reader, path)
    assert html.count("<h1>") == 1
    assert re.search(r"<title>[^<]+ · grocer · steek</title>", html)
    assert "<script>" not in html
    assert " style=" not in html
    assert not re.findall(r'href="(?!/|#|https?:)', html)


def test_links_within_the_console_lead_somewhere(reader: Visitor) -> None:
    found: dict[str, str] = {}
    for page in PAGES:
        for link in re.findall(r'href="(/[^"#]*)', get(reader, page)):
            # One of a kind is enough: the address without its last word tells the kind.
            found.setdefault(re.sub(r"[^/=:]+$", "", unescape(link)), unescape(link))
    assert set(found) >= {"/ledger/", "/models/", "/monitors/", "/incidents/", "/lineage?of="}
    assert [link for link in found.values() if reader.get(link).status_code != 200] == []


@pytest.mark.covers("O1", "O3")
def test_overview_says_where_the_thread_is_broken(reader: Visitor) -> None:
    html = get(reader, "/")
    partner = row_of(html, "partner_demand")
    assert "0% matched broken join transactions x partners, at least 90%" in partner
    assert "573 members" in partner
    search = row_of(html, "search_ranking")
    assert "412 rows well lines ingested, 292 to 549 rows" in search
    assert "version 7 well canary 8 on 10%; 0% fell back, at most 1%" in search
    assert "48% hits watch top five, at least 44%" in search
    assert "pass well 2 checks, just now; golden answers: 4.5% changed" in search
    assert "5 min old well household product: 200 rows, at most 2 d" in search
    assert "undecided 2 checks" in row_of(html, "next_purchase")
    assert "not watched undecided declare a monitor" in partner


@pytest.mark.covers("I1", "I2")
def test_overview_shows_the_open_incident_and_its_next_action(reader: Visitor) -> None:
    shown = text_of(get(reader, "/"))
    assert "sev 2 2017-001 partners_joined: none of 412 matched, at least 90% expected" in shown
    assert "since Mon 06:00\N{EN DASH}Tue 06:00 · detection · no commander yet" in shown
    assert "Next: name a commander" in shown


def test_overview_tells_what_changed_and_until_when_each_model_is_fresh(reader: Visitor) -> None:
    shown = text_of(get(reader, "/"))
    assert "dataset replaced products 2: 100% of the values of product_id never seen before" in shown
    assert "join failed partner_lines: transactions x partners: 0 of 412 rows matched, expected 97.6%" in shown
    assert "partner_demand Mon 06:00, objective 48h + 24 h until answers are known Thu 06:00 stale in 2 d" in shown
    assert "search_ranking Sat 06:00, objective 48h Mon 07:00 stale since 23 h ago" in shown
    assert "new version serves partner_demand 8 night 14" in shown


@pytest.mark.covers("Q2", "Q8", "Q10", "M1")
def test_model_page_compares_and_gives_reasons(reader: Visitor) -> None:
    html = get(reader, "/models/search_ranking")
    shown = text_of(html)
    assert "Version 7 serves" in shown
    assert "canary: version 8 on 10%" in shown
    assert "top five hit rate 0.461 0.402 +0.059 (+0.040 to +0.078) better" in shown
    assert "top five hit rate 0.461 0.441 to 0.481" in shown
    assert "too few rows to tell" in shown
    assert "0.461 against 0.457 of version 1, margin 0.01" in shown
    assert "recommendations vanish from the page; about 3% of revenue" in shown
    assert len(charts_of(html)) == 7
    assert html.index("store 0<") < html.index("store 1<")
    assert "20 better slices are not shown" in shown


@pytest.mark.covers("Q10", "O4")
def test_model_page_holds_live_answers_against_the_baseline_on_the_same_requests(reader: Visitor) -> None:
    shown = text_of(get(reader, "/models/search_ranking"))
    assert "last 28 days, real requests: a right answer among the first five" in shown
    assert "60.0% It beats \N{LEFT SINGLE QUOTATION MARK}popularity and history" in shown
    assert "all requests 900 60.0%" in shown
    assert "better in 1 of 3, worse in 0 (chance alone: 0), open in 2" in shown
    assert "1 have fewer than 30 requests" in shown
    assert "Nothing came back yet" in text_of(get(reader, "/models/next_purchase"))


@pytest.mark.covers("S4")
def test_model_page_offers_a_rollback_that_says_what_it_does(reader: Visitor) -> None:
    shown = text_of(get(reader, "/models/partner_demand"))
    assert "give all traffic of 573 members, or of one, back to an older version, at once" in shown
    assert "One first: member (empty for all 573)" in shown
    assert "last good (version 7)" in shown


@pytest.mark.covers("I2", "I3", "I6", "I9")
def test_incident_page_has_evidence_suspects_roles_and_ways_out(reader: Visitor) -> None:
    html = get(reader, "/incidents/2017-001")
    shown = text_of(html)
    assert "Trigger Mon 22:00 strongest suspect" in shown
    assert 'class="past fuzzy"' in html
    assert 'class="now"><b>Detection' in html
    assert "Trigger Mon 22:00 strongest suspect: The contents of products were replaced" in shown
    assert "onset, Mon 06:00\N{EN DASH}Tue 06:00" in unescape(reader.get(charts_of(html)[0]).text)
    assert shown.index("1 dataset replaced products") < shown.index("2 external changed campaign 18 starts")
    assert "Nothing changed in definition, features, learner of partner_demand" in shown
    assert "commander nobody yet communications nobody yet" in shown
    assert "Will gives the last good version all traffic at once" in shown
    assert "Undo the next version that passes its gate is deployed again" in shown
    assert "partners joined (join transactions x partners) is not back: 0% matched, well is at least 90%" in shown
    assert "Held still: deploy and train of model:partner_demand" in shown


@pytest.mark.covers("O12")
def test_chart_letters_are_listed_and_the_table_is_behind(reader: Visitor) -> None:
    html = get(reader, "/incidents/2017-001")
    assert "C dataset replaced products 2: 100% of the values" in text_of(html)
    assert "C on the chart" in text_of(html)
    assert ">C</text>" in reader.get(charts_of(html)[0]).text
    rows = html.split("window until, UTC")[1].split("</table>")[0]
    assert rows.count("<tr>") == 15
    assert "2017-10-03 06:00" in rows


@pytest.mark.covers("I5")
def test_timeline_is_newest_first_and_each_line_has_its_event(reader: Visitor, broken: World) -> None:
    html = get(reader, "/incidents/2017-001")
    entries = re.findall(r'<a href="/ledger/([^"]+)">', html.split('data-live="timeline"')[1])
    told = [broken.ledger.event(entry) for entry in entries]
    moments = [event.at for event in told if event is not None]
    assert len(moments) == len(entries) >= 5
    assert moments == sorted(moments, reverse=True)


def test_the_daily_work_of_a_night_is_folded_in_the_story(reader: Visitor) -> None:
    story = get(reader, "/incidents/2017-001").split('data-live="timeline"')[1]
    folded = re.findall(r'<details class="routine"><summary>(.*?)</summary>', story)
    assert len(folded) == 1
    assert "6 routine events" in folded[0]
    assert "alert fired" not in folded[0]


def test_charts_stand_alone_in_both_lights_and_never_change(reader: Visitor) -> None:
    address = charts_of(get(reader, "/models/search_ranking"))[0]
    answer = reader.get(address)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "immutable" in answer.headers["cache-control"]
    assert "prefers-color-scheme:dark" in answer.text
    assert reader.get("/charts/0.svg").status_code == 404


@pytest.mark.covers("D1", "D18")
def test_data_page_names_volume_version_and_quarantine(reader: Visitor) -> None:
    rows = re.findall(r"<tr.*?</tr>", get(reader, "/data"), flags=re.DOTALL)
    transactions = text_of(next(row for row in rows if 'id="transactions"' in row))
    assert "data@grocer · append One line of a receipt at the till." in transactions
    assert "412 411 in the middle batch of 14 before" in transactions
    derived = text_of(next(row for row in rows if 'id="partner_lines"' in row))
    assert "derived from transactions, products" in derived


def test_ledger_filters_pages_and_links(reader: Visitor, broken: World) -> None:
    first = get(reader, "/ledger")
    older = unescape(re.findall(r'href="(/ledger\?before=\d+)"', first)[0])
    numbers = [int(number) for number in re.findall(r'number soft">(\d+)<', first + get(reader, older))]
    total = broken.ledger.count()
    assert numbers == list(range(total, total - 100, -1))
    routes = get(
        reader, "/ledger?kind=route.changed&subject=deployment:partner_demand&since=2017-10-03&until=2017-10-04"
    )
    assert text_of(routes).count("route changed partner_demand:") == 2
    assert "No event fits these filters" in get(reader, "/ledger?kind=nothing.happened")
    (event,) = broken.ledger.events(kinds=["incident.declared"])
    page = text_of(get(reader, f"/ledger/{event.id}"))
    assert event.hash in page
    assert event.previous_hash in page
    assert "Led to by" in page
    assert "alert fired" in page


@pytest.mark.covers("D11")
def test_lineage_reaches_the_receipts(reader: Visitor) -> None:
    shown = text_of(get(reader, "/lineage?of=trained:partner_demand@7"))
    assert "receipt · 13 receipts" in shown
    assert "Used by" in shown
    assert "deployment · 3 versions" in shown


def test_search_finds_declared_things_incidents_and_events(reader: Visitor) -> None:
    shown = text_of(get(reader, "/search?q=partner"))
    assert "model partner_demand" in shown
    assert "incident 2017-001" in shown
    assert "monitor partners_joined" in shown
    assert "Nothing is named like zzz" in text_of(get(reader, "/search?q=zzz"))


@pytest.mark.covers("P1")
def test_postmortem_is_previewed_before_the_end(reader: Visitor) -> None:
    shown = text_of(get(reader, "/postmortems/2017-001"))
    assert "preview: the draft is written when the incident is resolved" in shown
    assert "Root causes" in shown


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nothing", 404, "no page has this address"),
        ("/models/search_rank", 404, "Did you mean 'search_ranking'?"),
        ("/incidents/2099-001", 404, "2099-001"),
        ("/monitors/x", 404, "no monitor named 'x'"),
        ("/ledger/x", 404, "no event has the id"),
        ("/ledger?before=x", 400, "is not the number of an event"),
        ("/ledger?since=yesterday", 400, "Write it like 2017-10-02"),
        ("/lineage?of=nonsense", 400, "is not a name of the form kind:name@version"),
    ],
)
def test_a_wrong_address_says_what_to_do(reader: Visitor, path: str, status: int, words: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == status
    assert words in text_of(answer.text)


def test_an_empty_project_teaches(empty: World) -> None:
    reader = visit(empty.platform, "localhost:8321")
    overview = text_of(get(reader, "/"))
    assert "nothing yet undecided household_product was never built" in overview.replace(
        "household product", "household_product"
    )
    assert "no verdict undecided no gate has decided yet" in overview
    assert "Nothing notable yet" in overview
    assert "steek train search_ranking" in get(reader, "/models/search_ranking")
    assert "No incident yet" in get(reader, "/incidents")
    assert "nothing yet" in get(reader, "/data")
    assert "A draft is written when an incident is resolved" in get(reader, "/postmortems")
    assert "Here will be everything that happens" in get(reader, "/ledger")
