"""The runbook has a section for everything that can wait for a person, whole, and none for what is gone."""

import re
from pathlib import Path

import pytest

from billing.models import ReviewKind
from lib import runbook

ROOT = Path(__file__).resolve().parents[2]
APPS = ("portal", "support", "network", "billing", "plans", "accounts", "provisioning", "notifications", "lib")
TITLES = ["Means", "Look at", "Do", "Tell the person"]


def raised() -> set[str]:
    """Every name an alarm is raised with."""
    named = re.compile(r'\b(?:alarm|holding_up_nobody)(?:\(\s*|=)"([\w.]+)"')
    return {
        name
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for name in named.findall(path.read_text(encoding="utf-8"))
    }


def test_every_review_kind_and_every_alarm_has_its_section_and_nothing_else_has_one():
    wanted = {f"review {kind}" for kind in ReviewKind} | {f"alarm {name}" for name in raised()}
    assert runbook.names() == wanted


@pytest.mark.parametrize("name", sorted(runbook.names()))
def test_each_section_says_what_it_means_what_to_look_at_what_to_do_and_what_to_tell(name):
    parts = runbook.section(name)
    assert [part.title for part in parts] == TITLES
    assert all(part.text.endswith((".", "?")) for part in parts)


def test_what_is_not_written_has_no_parts():
    assert runbook.section("alarm nothing") == []
