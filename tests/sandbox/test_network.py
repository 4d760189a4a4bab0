"""The network: people use their phones by their habits, what they use is the same whoever asks, and it reaches the portal once."""

import csv
import gzip
import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sandbox.configuration import Configuration
from sandbox.network import gate, mediation, players
from sandbox.network.gate import Grant, Rights
from sandbox.network.habits import HABITS
from sandbox.network.mediation import Mediation, NotTaken
from sandbox.network.usage import HOUR, Phone, Use, in_hour
from sandbox.running import Running
from tests.sandbox.asking import told

NUMBER = "+4917604069011"
BEGIN, END = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)  # four whole weeks
UNITS = ("data", "voice", "texts")


def phone(habit: str = "commuter", *, number: str = NUMBER) -> Phone:
    return Phone(number, habit, "Europe/Berlin", "DE", fine_from=int(END.timestamp()) // HOUR)


def unlimited(begin: datetime = BEGIN, end: datetime = END + timedelta(days=30)) -> Rights:
    return Rights(tuple(Grant(unit, int(begin.timestamp()), int(end.timestamp()), None) for unit in UNITS))


def used(
    habit: str = "commuter", rights: Rights | None = None, *, begin: datetime = BEGIN, end: datetime = END
) -> list[Use]:
    """Each record once."""
    arrivals = gate.arriving(
        phone(habit), rights or unlimited(), after=begin.timestamp(), until=end.timestamp() + 3 * HOUR
    )
    until = end.timestamp()
    return sorted({use for _at, use in arrivals if use.used_at < until}, key=lambda use: (use.used_at, use.record_id))


def local(use: Use) -> datetime:
    return datetime.fromtimestamp(use.used_at, ZoneInfo("Europe/Berlin"))


def amount(uses: list[Use], unit: str) -> int:
    return sum(use.amount for use in uses if use.unit == unit)


def test_an_hour_of_a_phone_is_the_same_however_often_it_is_asked_and_another_phone_s_is_not() -> None:
    hours = range(int(BEGIN.timestamp()) // HOUR, int(BEGIN.timestamp()) // HOUR + 48)
    first = [in_hour(phone(), hour) for hour in hours]
    in_hour.cache_clear()
    assert [in_hour(phone(), hour) for hour in hours] == first
    others = [in_hour(phone(number="+4917604069012"), hour) for hour in hours]
    assert not {(use.used_at, use.amount) for uses in first for use in uses} & {
        (use.used_at, use.amount) for uses in others for use in uses
    }


@pytest.mark.parametrize("habit", sorted(HABITS))
def test_every_record_is_one_that_the_portal_takes_and_has_an_id_of_its_own(habit: str) -> None:
    uses = used(habit)
    assert len({use.record_id for use in uses}) == len(uses)
    for use in uses:
        assert 0 < use.amount < 10**12
        assert use.unit != "voice" or use.amount <= HOUR
        assert BEGIN.timestamp() <= use.used_at < END.timestamp()
        assert all(at >= use.used_at for at in use.arrives_at)


@pytest.mark.parametrize(
    ("habit", "gigabytes", "minutes", "texts"),
    [
        ("commuter", (8, 15), (150, 500), (90, 240)),
        ("traveller", (4, 9.5), (25, 150), (25, 90)),
        ("parent", (15, 30), (250, 800), (130, 330)),
        ("child", (1.5, 4.9), (10, 80), (30, 100)),
        ("grandmother", (0.03, 0.4), (100, 400), (2, 30)),
    ],
)
def test_four_weeks_of_a_habit_come_to_about_what_such_a_person_uses(
    habit: str, gigabytes: tuple[float, float], minutes: tuple[int, int], texts: tuple[int, int]
) -> None:
    uses = used(habit)
    assert gigabytes[0] <= amount(uses, "data") / 1e9 <= gigabytes[1]
    assert minutes[0] <= amount(uses, "voice") / 60 <= minutes[1]
    assert texts[0] <= amount(uses, "texts") <= texts[1]


def test_the_grandmother_calls_by_day_at_her_hours() -> None:
    hours = Counter(local(use).hour for use in used("grandmother") if use.unit == "voice")
    assert set(hours) <= {9, 10, 11, 15, 16, 17, 20, 21}
    assert sum(hours.values()) > 30


def test_the_commuter_streams_on_the_way_on_weekdays_and_the_family_in_the_evening() -> None:
    def by_hour(habit: str, *, is_weekend: bool) -> Counter[int]:
        sums: Counter[int] = Counter()
        for use in used(habit):
            if use.unit == "data" and (local(use).weekday() >= 5) == is_weekend:
                sums[local(use).hour] += use.amount
        return sums

    commuter = by_hour("commuter", is_weekend=False)
    assert {hour for hour, _sum in commuter.most_common(3)} <= {7, 8, 18, 19, 20}
    assert {hour for hour, _sum in by_hour("parent", is_weekend=False).most_common(4)} <= {18, 19, 20, 21, 22, 23}
    weekend, week = by_hour("parent", is_weekend=True).total() / 8, by_hour("parent", is_weekend=False).total() / 20
    assert weekend > 1.4 * week


def test_while_somebody_may_be_looking_the_commuter_s_data_comes_every_few_minutes_all_day() -> None:
    day = range(
        int(END.timestamp()) // HOUR + 7, int(END.timestamp()) // HOUR + 20
    )  # from eight in the morning, in Berlin
    per_hour = [sum(use.unit == "data" for use in in_hour(phone(), hour)) for hour in day]
    assert min(per_hour) >= 10
    assert max(per_hour) >= 35


def test_the_traveller_is_abroad_on_the_days_of_the_trips_and_at_home_else() -> None:
    countries = {(local(use).day, use.country) for use in used("traveller")}
    trips = [(day, country) for first, last, country in HABITS["traveller"].trips for day in range(first, last + 1)]
    assert countries == {*trips, *((day, "DE") for day in range(2, 31) if day not in dict(trips))}


def test_no_more_goes_through_than_is_granted_and_the_last_use_is_cut() -> None:
    limit = 2_000_000_000
    rights = replace(unlimited(), grants=(Grant("data", int(BEGIN.timestamp()), int(END.timestamp()), limit),))
    uses = used("streamer", rights)
    assert (amount(uses, "data"), amount(uses, "voice")) == (limit, 0)
    assert local(uses[-1]) < BEGIN + timedelta(days=3)
    assert used("streamer", rights, begin=BEGIN + timedelta(days=5)) == []


def test_a_line_that_only_receives_or_is_suspended_uses_nothing_and_credit_lets_through_what_no_plan_grants() -> None:
    assert used(rights=replace(unlimited(), state="grace")) == []
    assert used(rights=Rights(pays_as_it_goes=True)) == used()
    assert used(rights=Rights()) == []


@dataclass
class Portal:
    """Stands where the portal takes usage in: knows a record it has had, and answers as it is told."""

    url: str = ""
    status: int = 200
    bodies: list[bytes] = field(default_factory=list)
    rows: dict[str, str] = field(default_factory=dict)

    def take(self, body: bytes) -> tuple[int, dict[str, Any]]:
        if self.status != 200:
            return self.status, {}
        self.bodies.append(body)
        try:
            lines = list(csv.reader(io.StringIO(gzip.decompress(body).decode())))[1:]
        except EOFError:
            return 422, {"error": "The file breaks off."}
        new = 0
        for record, *rest in lines:
            new += record not in self.rows
            assert self.rows.setdefault(record, ",".join(rest)) == ",".join(rest)
        return 200, {"new": new, "known": len(lines) - new, "wrong": 0}


@pytest.fixture
def portal() -> Iterator[Portal]:
    stands = Portal()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert (self.path, self.headers["Authorization"]) == ("/network/usage/", "Bearer usage")
            status, answer = stands.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stands.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield stands
    server.shutdown()
    server.server_close()


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> float:
        return self.at.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock(END)


@pytest.fixture
def network(app: Flask, environment: dict[str, str], portal: Portal, clock: Clock, http: FlaskClient) -> Mediation:
    """Two phones whose past is handed in until END."""
    named = [player(NUMBER, "commuter"), player("+4917604069021", "grandmother")]
    assert http.post("/network/players", json={"players": named}).status_code == 201
    configuration = Configuration.read({**environment, "PORTAL_ORIGIN": portal.url, "SANDBOX_USAGE_KEY": "usage"})
    running: Running = app.extensions["sandbox"]
    return Mediation(running.books, clock, configuration)  # type: ignore[arg-type]  # a clock is what tells the time


def player(number: str, habit: str, **more: Any) -> dict[str, Any]:
    ends_at = (END + timedelta(days=60)).isoformat()
    grants = [{"unit": unit, "starts_at": BEGIN.isoformat(), "ends_at": ends_at, "amount": None} for unit in UNITS]
    return {
        "number": number, "habit": habit, "time_zone": "Europe/Berlin", "home": "DE", "since": BEGIN.isoformat(),
        "until": END.isoformat(), "grants": grants, **more,
    }  # fmt: skip


def test_what_was_used_since_the_last_round_is_handed_in_and_nothing_twice_but_what_the_network_doubles(
    network: Mediation, portal: Portal, clock: Clock
) -> None:
    for _hour in range(30):
        clock.at += timedelta(hours=1)
        network.hand_in()
    assert network.hand_in().records == []
    rows = sum(len(gzip.decompress(body).splitlines()) - 1 for body in portal.bodies)
    assert 0 < rows - len(portal.rows) <= 0.03 * rows
    assert {row.split(",")[0] for row in portal.rows.values()} == {NUMBER, "+4917604069021"}


def test_a_past_and_what_follows_are_together_every_record_once(
    network: Mediation, portal: Portal, clock: Clock, http: FlaskClient
) -> None:
    past = {row.split(",")[0] for row in http.get(f"/network/past.csv?number=%2B{NUMBER[1:]}").text.splitlines()[1:]}
    clock.at += timedelta(days=2)
    network.hand_in()
    live = {record for record in portal.rows if record.startswith(NUMBER[1:])}
    expected = {
        use.record_id
        for hour in range(int(BEGIN.timestamp()) // HOUR, int(clock.now()) // HOUR)
        for use in in_hour(phone(), hour)
        if BEGIN.timestamp() < min(use.arrives_at) <= clock.now()
    }
    assert past | live == expected
    assert len(past & live) <= 0.02 * len(expected)  # told twice, once before and once after


def test_while_the_portal_is_away_nothing_is_lost_and_afterwards_it_comes_in_portions(
    network: Mediation, portal: Portal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.status = 503
    for _day in range(3):
        clock.at += timedelta(days=1)
        with pytest.raises(NotTaken):
            network.hand_in()
    assert portal.rows == {}
    portal.status = 200
    monkeypatch.setattr(mediation, "MOST", 100)
    done = network.hand_in()
    assert done.is_over
    assert done.new == len(portal.rows) > 300
    assert max(len(gzip.decompress(body).splitlines()) for body in portal.bodies) <= 102
    assert network.hand_in().new == 0


def test_a_network_that_answered_nobody_tries_ever_more_rarely(
    network: Mediation, portal: Portal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    portal.status = 500

    class Stopping(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0)
            clock.at += timedelta(hours=1)
            return len(waits) == 7

    monkeypatch.setattr(network, "_stopping", Stopping())
    network._run()
    assert waits == [15, 30, 60, 120, 240, 300, 300]


@pytest.mark.parametrize(("deed", "posts"), [("again", 2), ("broken", 2), ("reorder", 1), ("delay", 1)])
def test_a_fault_of_the_network_changes_what_is_posted_and_not_what_arrives(
    network: Mediation, portal: Portal, clock: Clock, http: FlaskClient, deed: str, posts: int
) -> None:
    assert (
        http.post(
            "/faults", json={"on": "usage", "do": deed, **({"seconds": 0} if deed == "delay" else {})}
        ).status_code
        == 201
    )
    clock.at += timedelta(hours=6)
    network.hand_in()
    assert len(portal.bodies) == posts
    times = [row.split(",")[1] for row in portal.rows.values()]
    assert len(times) > 10
    assert (times[0] > times[-1]) is (deed == "reorder")


def test_a_share_makes_the_data_of_a_time_so_much(http: FlaskClient, app: Flask) -> None:
    since = END - timedelta(days=14)
    named = player(NUMBER, "commuter", share={"since": since.isoformat(), "data": 5_000_000_000})
    assert http.post("/network/players", json={"players": [named]}).status_code == 201
    (one,) = players.listed(app.extensions["sandbox"].books.reading())
    hours = range(int(since.timestamp()) // HOUR, int(END.timestamp()) // HOUR)
    sums = sum(use.amount for hour in hours for use in in_hour(one.phone, hour) if use.unit == "data")
    assert sums == pytest.approx(5_000_000_000, rel=0.001)


def test_the_core_s_word_counts_over_what_was_said_at_first(http: FlaskClient, app: Flask) -> None:
    ends_at = (END + timedelta(days=1)).isoformat()
    http.post("/network/players", json={"players": [player(NUMBER, "commuter")]})
    payload = {
        "period": "order:1", "plan": "month-5", "kind": "plan", "starts_at": BEGIN.isoformat(), "ends_at": ends_at,
        "is_cancelled": False, "beyond_by_credit": False, "allowances": [{"unit": "data", "granted": 7, "is_frozen": False}],
    }  # fmt: skip
    line = "0198c6f0-0000-7000-8000-000000000001"
    command = {"id": "c1", "line": line, "msisdn": NUMBER, "kind": "period_set", "payload": payload}
    headers = {"Authorization": "Bearer sandbox", "Idempotency-Key": "c1"}
    assert http.post("/core/commands", json=command, headers=headers).status_code == 200
    sql = app.extensions["sandbox"].books.reading()
    (one,) = players.listed(sql)
    by_unit = {grant.unit: grant.amount for grant in players.rights(sql, one).grants}
    assert by_unit == {"data": 7, "voice": None, "texts": None}


def test_what_others_gave_counts_each_by_its_name(http: FlaskClient, app: Flask) -> None:
    """Two in the same second, and one of them once more with less."""
    http.post("/network/players", json={"players": [player(NUMBER, "commuter")]})
    dates = {"starts_at": BEGIN.isoformat(), "ends_at": END.isoformat()}
    line = "0198c6f0-0000-7000-8000-000000000001"
    for key, (name, granted) in {"c1": ("gift:1", 7), "c2": ("gift:2", 8), "c3": ("gift:1", 5)}.items():
        data = [{"unit": "data", "granted": granted, "is_frozen": False}]
        kind = {"period": name, "plan": "", "kind": "gift", "is_cancelled": False, "beyond_by_credit": False}
        payload = {**kind, **dates, "allowances": data}
        command = {"id": key, "line": line, "msisdn": NUMBER, "kind": "period_set", "payload": payload}
        headers = {"Authorization": "Bearer sandbox", "Idempotency-Key": key}
        assert http.post("/core/commands", json=command, headers=headers).status_code == 200
    sql = app.extensions["sandbox"].books.reading()
    (one,) = players.listed(sql)
    assert sorted(grant.amount or 0 for grant in players.rights(sql, one).grants if grant.unit == "data") == [0, 5, 8]
    assert "gift" in http.get("/core").text


def test_a_line_whose_sims_are_all_blocked_uses_nothing(http: FlaskClient, app: Flask) -> None:
    http.post("/network/players", json={"players": [player(NUMBER, "commuter")]})
    line, states = "0198c6f0-0000-7000-8000-000000000001", []
    for number, blocked in enumerate([(True, False), (True, True), (False, True)]):
        sims = [{"iccid": f"894900000000000000{at}", "is_blocked": is_blocked} for at, is_blocked in enumerate(blocked)]
        command = {"id": f"c{number}", "line": line, "msisdn": NUMBER, "kind": "sims_set", "payload": {"sims": sims}}
        headers = {"Authorization": "Bearer sandbox", "Idempotency-Key": f"c{number}"}
        assert http.post("/core/commands", json=command, headers=headers).status_code == 200
        sql = app.extensions["sandbox"].books.reading()
        states.append(players.rights(sql, players.listed(sql)[0]).state)
    assert [state == "blocked" for state in states] == [False, True, False]


def test_a_member_of_a_group_may_use_the_owners_data_up_to_the_cap_until_paused_or_gone(
    http: FlaskClient, app: Flask
) -> None:
    owner, ends_at = "+4917604069012", (END + timedelta(days=1)).isoformat()
    http.post("/network/players", json={"players": [player(NUMBER, "commuter", grants=[])]})
    period = {
        "period": "order:1", "plan": "month-5", "kind": "plan", "starts_at": BEGIN.isoformat(), "ends_at": ends_at,
        "is_cancelled": False, "beyond_by_credit": False, "allowances": [{"unit": "data", "granted": 70, "is_frozen": False}],
    }  # fmt: skip
    group = {
        "is_member": True, "owner_line": "o", "owner_msisdn": owner, "since": END.isoformat(), "cap": 50,
        "extra": {"period": "order:1", "amount": 5}, "is_paused": False,
    }  # fmt: skip
    lines = {owner: "0198c6f0-0000-7000-8000-000000000002", NUMBER: "0198c6f0-0000-7000-8000-000000000001"}

    def tell(name: str, msisdn: str, kind: str, payload: dict[str, Any]) -> list[tuple[int, int | None]]:
        command = {"id": name, "line": lines[msisdn], "msisdn": msisdn, "kind": kind, "payload": payload}
        headers = {"Authorization": "Bearer sandbox", "Idempotency-Key": name}
        assert http.post("/core/commands", json=command, headers=headers).status_code == 200
        sql = app.extensions["sandbox"].books.reading()
        (one,) = players.listed(sql)
        return [(grant.starts_at, grant.amount) for grant in players.rights(sql, one).grants]

    assert tell("c1", owner, "period_set", period) == []
    assert tell("c2", NUMBER, "group_set", group) == [(int(END.timestamp()), 55)]
    assert tell("c3", NUMBER, "group_set", group | {"cap": None}) == [(int(END.timestamp()), 70)]
    assert tell("c4", NUMBER, "group_set", group | {"is_paused": True}) == []
    assert tell("c5", NUMBER, "group_set", {"is_member": False}) == []


@pytest.mark.parametrize(
    "wrong",
    [{"habit": "dolphin"}, {"time_zone": "Mars/Olympus"}, {"since": "yesterday"}, {"grants": [{}]}, {"share": 5}],
)
def test_a_player_that_makes_no_sense_is_refused_and_nobody_is_forgotten(
    http: FlaskClient, wrong: dict[str, Any]
) -> None:
    http.post("/network/players", json={"players": [player(NUMBER, "child")]})
    answer = http.post("/network/players", json={"players": [player("+4917604069012", "child") | wrong]})
    assert answer.status_code == 422
    assert [one["number"] for one in told(http.get("/network/players.json"))["players"]] == [NUMBER]
    assert http.post("/network/players", json=[]).status_code == 400
