"""The README tells the truth: every fault it shows can be ordered, every card it lists is known, and none is left out."""

import json
import re

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
