"""docs/faults.md names tests that exist."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = sorted(set(re.findall(r"`(test_\w+)`", (ROOT / "docs/faults.md").read_text(encoding="utf-8"))))


@cache
def existing() -> frozenset[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return frozenset(name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", NAMED)
def test_a_fault_names_a_test_that_exists(name: str) -> None:
    assert name in existing()
