"""Time goes by on order: step by step, forward only, and whoever looks sees what came of it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sandbox.network.mediation import NotTaken, Round
from sandbox.running import Running
from sandbox.time_page import command
from sandbox.time_page.journey import Journey, Traveller
from sandbox.time_page.words import CHINESE, ENGLISH
from tests.sandbox.asking import told
from tests.sandbox_process import Sandbox

DAY = 86_400


@pytest.fixture
def running(app: Flask) -> Running:
    parts: Running = app.extensions["sandbox"]
    return parts


@pytest.fixture
def traveller(running: Running) -> Traveller:
    return running.traveller


def arrived(traveller: Traveller) -> Journey:
    deadline = time.monotonic() + 20
    while traveller.journey is None or traveller.journey.is_moving:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return traveller.journey


def at_each_step(traveller: Traveller, monkeypatch: pytest.MonkeyPatch, deed: Callable[[], None]) -> None:
    monkeypatch.setattr(traveller, "_let_the_portal_look", deed)


def test_the_clock_goes_forward_hour_by_hour_and_the_network_and_the_portal_are_asked_at_each(
    running: Running, traveller: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, seen = running.clock.now(), list[str]()

    def hand_in() -> Round:
        seen.append(f"network {(running.clock.now() - begun) / 3600:.0f}")
        return Round(new=3)

    monkeypatch.setattr(running.mediation, "hand_in", hand_in)
    at_each_step(traveller, monkeypatch, lambda: seen.append("portal"))
    traveller.begin(3 * 3600)
    journey = arrived(traveller)
    assert seen == ["network 1", "portal", "network 2", "portal", "network 3", "portal"]
    assert (journey.records, journey.share, journey.trouble) == (9, 1.0, "")
    assert running.clock.offset_seconds == pytest.approx(3 * 3600, abs=2)


def test_a_month_goes_by_in_steps_at_which_people_are_awake(
    traveller: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[float] = []
    at_each_step(traveller, monkeypatch, lambda: steps.append(time.monotonic()))
    traveller.begin(30 * DAY)
    arrived(traveller)
    assert len(steps) == 120


@pytest.mark.parametrize("seconds", [0, -3600, 401 * DAY, "day", None, True, 1.5])
def test_it_never_goes_back_nor_too_far(http: FlaskClient, running: Running, seconds: object) -> None:
    answer = http.post("/time/journey", json={"seconds": seconds})
    assert answer.status_code == 422
    assert "forward" in told(answer)["error"]
    assert (running.clock.offset_seconds, running.traveller.journey) == (0, None)


def test_one_journey_at_a_time_and_it_can_be_stopped(
    http: FlaskClient, traveller: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_each_step(traveller, monkeypatch, lambda: time.sleep(0.02))
    assert http.post("/time/journey", json={"seconds": 300 * DAY}).status_code == 202
    assert http.post("/time/journey", json={"seconds": DAY}).status_code == 422
    deadline = time.monotonic() + 10
    while traveller.journey is None or not traveller.journey.share:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    http.post("/time", data={"way": "stop"})
    assert 0 < arrived(traveller).share < 0.9


def test_what_arrives_meanwhile_is_told_with_its_time(
    http: FlaskClient, app: Flask, traveller: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = {"channel": "sms", "to": "+4917604069012", "sender": "Refill", "text": "Your plan ends tomorrow."}

    def send() -> None:
        app.test_client().post("/inbox/messages", json=message)

    at_each_step(traveller, monkeypatch, send)
    http.post("/time", data={"way": "hour"})
    journey = arrived(traveller)
    (one,) = told(http.get("/time/journey.json"))["happened"]
    assert (one["kind"], one["to"], one["words"], one["at"]) == ("sms", message["to"], message["text"], journey.at)
    assert (journey.sms, journey.emails) == (1, 0)
    assert told(http.get(f"/time/journey.json?after={one['number']}"))["happened"] == []
    assert "Your plan ends tomorrow." in http.get("/time").text


def test_a_portal_that_does_not_answer_ends_the_journey_and_it_is_said(
    http: FlaskClient, traveller: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise NotTaken("The portal answered 503.")

    at_each_step(traveller, monkeypatch, refuse)
    traveller.begin(DAY)
    assert "The portal answered 503." in arrived(traveller).trouble
    assert ENGLISH["stopped"] in http.get("/time").text


def test_the_next_end_of_a_plan_is_where_the_button_goes(
    http: FlaskClient, running: Running, traveller: Traveller
) -> None:
    assert http.post("/time/journey", json={"to": "next"}).status_code == 422
    ends_at = running.clock.now() + 5 * 3600
    for place, seconds in enumerate((-DAY, 5 * 3600, 9 * 3600)):
        period = {
            "period": f"order:{place}", "plan": "month-5", "kind": "plan", "starts_at": "2026-01-01T00:00:00+00:00",
            "ends_at": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(running.clock.now() + seconds))}+00:00",
            "is_cancelled": False, "beyond_by_credit": False, "allowances": [],
        }  # fmt: skip
        command_of = {
            "id": f"c{place}", "line": "0198c6f0-0000-7000-8000-000000000001", "msisdn": "+4917604069011",
            "kind": "period_set", "payload": period,
        }  # fmt: skip
        headers = {"Authorization": "Bearer sandbox", "Idempotency-Key": f"c{place}"}
        assert http.post("/core/commands", json=command_of, headers=headers).status_code == 200
    assert "+4917604069011" in http.get("/time").text
    assert http.post("/time", data={"way": "next"}).status_code == 303
    arrived(traveller)
    assert 0 < running.clock.now() - ends_at < 120


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_speaks_its_reader_s_language(http: FlaskClient, language: str) -> None:
    said = CHINESE if language == "zh" else ENGLISH
    page = http.get("/time", headers={"Accept-Language": language})
    assert f'<html lang="{said["language"]}">' in page.text
    for name in ("title", "says", "now", "hour", "day", "week", "month", "next", "nothing"):
        assert said[name] in page.text
    assert CHINESE.keys() == ENGLISH.keys()


def test_the_command_moves_the_clock_and_shows_how_far_it_is(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["+3h"], {"SANDBOX_URL": sandbox.url}) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert f"[{'#' * 24}] 0 records, 0 SMS, 0 e-mails" in line
    assert command.main([], {"SANDBOX_URL": sandbox.url}) == 0
    assert "+0.12 days from real time" in capsys.readouterr().out


def test_the_command_is_refused_in_production_and_without_a_demo(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["+1d"], {"PORTAL_ENV": "production", "SANDBOX_URL": "http://127.0.0.1:1"}) == 1
    assert command.main(["+1d"], {"DEMO_ENVIRONMENT": str(tmp_path / "none")}) == 1
    assert command.main(["+1d"], {"SANDBOX_URL": "http://127.0.0.1:1"}) == 1
    assert capsys.readouterr().err.splitlines() == [
        "The clock cannot be moved in production.",
        "No demo runs here: start it with script/server.",
        "The sandbox at http://127.0.0.1:1 does not answer (ConnectionRefusedError).",
    ]


@pytest.mark.parametrize("words", ["-1d", "+0h", "tomorrow", "+1y"])
def test_the_command_takes_no_way_back(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main([f"--{words}" if words.startswith("-") else words], {})
    assert "usage: script/clock" in capsys.readouterr().err
