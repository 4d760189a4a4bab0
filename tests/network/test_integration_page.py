"""docs/integration.md tells no lies: every request on the page is sent as it stands there, and gets the answer that stands below it."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Line
from lib import clock
from network import partitions, wording
from network.top_ups import saying
from tests.billing.ordering import load_reference_data

PAGE = Path("docs/integration.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
KEYS = {name: f"the-key-of-{name}-on-the-page" for name in ("mediation", "kiosks", "ussd")}
_FENCED = re.compile(r"^```\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
#: Orders are named by chance; on the page they all are this one.
_ORDER = re.compile(r"R-[2-9B-Z]{7}")


@dataclass(frozen=True)
class Example:
    """A request and its answer, as the page has them."""

    path: str
    key: str
    body: str
    status: int
    answer: Any


def examples() -> list[Example]:
    """All of the page, in its order: a block that begins with POST, and the block after it."""
    blocks = _FENCED.findall(PAGE)
    return [_example(asked, answered) for asked, answered in pairwise(blocks) if asked.startswith("POST ")]


def _example(asked: str, answered: str) -> Example:
    head, _blank, body = asked.partition("\n\n")
    post, authorization = head.splitlines()
    status, _break, answer = answered.partition("\n")
    key = re.sub(
        r"^<the key of (\w+)>$", lambda match: KEYS[match[1]], authorization.removeprefix("Authorization: Bearer ")
    )
    return Example(post.removeprefix("POST "), key, body, int(status), json.loads(answer))


def play(example: Example) -> Any:
    headers = {"Authorization": f"Bearer {example.key}"}
    return Client().post(example.path, example.body.encode(), content_type="text/plain", headers=headers)


@pytest.mark.django_db
def test_every_request_of_the_page_gets_the_answer_below_it(
    line: Line, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.USAGE_KEYS, settings.TOP_UP_KEYS = KEYS, KEYS
    monkeypatch.setattr(clock, "now", lambda: NOW)
    partitions.make(now=NOW)
    load_reference_data()
    for example in examples():
        answer = play(example)
        said = json.loads(_ORDER.sub("R-7K2M9QX", answer.content.decode()))
        assert (answer.status_code, said) == (example.status, example.answer), example


def test_the_page_has_an_example_of_each_answer_at_each_address() -> None:
    found = {(example.path, example.status) for example in examples()}
    assert found == {
        ("/network/usage/", 200), ("/network/usage/", 401), ("/network/top-ups/", 201), ("/network/top-ups/", 200),
        ("/network/top-ups/", 409), ("/network/top-ups/", 422), ("/network/top-ups/reversals/", 201), ("/network/top-ups/reversals/", 422),
    }  # fmt: skip
    assert len(_FENCED.findall(PAGE)) == 2 * len(examples())


@pytest.mark.parametrize("code", sorted(wording.FAULTS))
def test_every_code_of_a_fault_stands_on_the_page(code: str) -> None:
    assert f"`{code}`" in PAGE


@pytest.mark.parametrize("reason", sorted(wording.REASONS))
def test_every_reason_of_a_row_stands_on_the_page(reason: str) -> None:
    assert f"`{reason}`" in PAGE


def test_the_page_tells_the_sizes_and_settings_that_hold() -> None:
    from network.views import top_ups

    assert f"{top_ups.LONGEST_BYTES:,} bytes" in PAGE
    assert f"`TOP_UP_OLDEST_DAYS` ({settings.TOP_UP_OLDEST_DAYS})" in PAGE
    assert f"`TOP_UP_REVERSIBLE_HOURS` ({settings.TOP_UP_REVERSIBLE_HOURS};" in PAGE
    for name in ("TOP_UP_KEYS", "TOP_UP_BOUNDS_MINOR", "TOP_UPS_PER_MINUTE", "USAGE_KEYS"):
        assert f"`{name}" in PAGE


def test_the_command_of_the_page_that_tries_it_is_one_the_portal_takes() -> None:
    tried = re.search(r"-d '(\{.*\})'$", PAGE, re.MULTILINE)
    assert tried
    body = re.sub(r"'\$\(date.*?\)'", "2026-11-29T12:00:00Z", tried[1])
    assert saying.top_up(body.encode()).reference == "try-1"
