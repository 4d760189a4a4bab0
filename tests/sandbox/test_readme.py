"""The README tells the truth: every fault it shows can be ordered, every card and control it lists is known, and none is left out."""

import json
import re

from flask import Flask
from flask.testing import FlaskClient

from sandbox.faults.orders import DEEDS
from sandbox.stripe_api.cards import CARDS
from tests.sandbox.asking import told
from tests.sandbox_process import ROOT

_README = (ROOT / "sandbox" / "README.md").read_text(encoding="utf-8")


def test_every_fault_can_be_ordered_as_it_is_written(http: FlaskClient) -> None:
    written = [json.loads(order) for order in re.findall(r"^\| `(\{\"on\".*?\})`", _README, re.MULTILINE)]
    for order in written:
        answer = http.post("/faults", json=order)
        assert answer.status_code == 201, answer.text
        shown = told(answer)
        assert {name: shown["remaining" if name == "times" else name] for name in order} == order
        usual = DEEDS[order["on"]][order["do"]]
        assert {name: order[name] for name in usual} == usual
    assert {(order["on"], order["do"]) for order in written} == {
        (place, deed) for place in DEEDS for deed in DEEDS[place]
    }


def test_every_card_is_listed_with_its_method() -> None:
    rows = re.findall(r"^\| ([0-9 ]{15,20}) \|.*\| `(pm_\w+)` \|$", _README, re.MULTILINE)
    assert [(number.replace(" ", ""), method) for number, method in rows] == [
        (card.number, card.method) for card in CARDS
    ]


def _controls() -> list[tuple[str, dict[str, object]]]:
    """Path and example of every control that is written down."""
    rows = re.findall(
        r"^\| `POST (/control/[^`]+)` \|[^`]*`(\{.*?\})`", _README.replace("pays without the page: ", ""), re.MULTILINE
    )
    return [(path, json.loads(body)) for path, body in rows]


def test_every_control_is_written_down_and_takes_its_example(app: Flask) -> None:
    http = app.test_client()
    for path, body in _controls():
        answer = http.post(re.sub(r"<.*?>", "none", path), json=body)
        said = told(answer).get("error", "")
        assert answer.status_code < 500
        assert not re.search("Send a JSON object|must be|is missing", said), said
    known = {
        re.sub(r"<.*?>", "<>", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/control/") and "POST" in (rule.methods or set())
    }
    assert {re.sub(r"<.*?>", "<>", path) for path, _ in _controls()} == known


def test_every_setting_is_written_down() -> None:
    written = set(re.findall(r"`((?:SANDBOX_|CLOCK_)\w+)`", _README))
    read = set(
        re.findall(r'environment\.get\("((?:SANDBOX_|CLOCK_)\w+)"', (ROOT / "sandbox" / "configuration.py").read_text())
    )
    assert written == read
