"""Crashes that a test orders, and nobody else can."""

import subprocess
import sys

import pytest

from lib.failpoints import Crashed, failpoint


@pytest.fixture
def ordered(tmp_path, monkeypatch):
    path = tmp_path / "failpoints"
    monkeypatch.setenv("FAILPOINTS", str(path))
    return path


def test_an_ordered_crash_happens_once_at_its_place(ordered):
    ordered.write_text("one raise\ntwo raise")
    failpoint("three")
    with pytest.raises(Crashed, match="two"):
        failpoint("two")
    failpoint("two")

    assert ordered.read_text() == "one raise"


def test_outside_of_tests_the_file_is_not_even_read(ordered, settings):
    settings.TESTING = False
    ordered.write_text("one raise")
    failpoint("one")

    assert ordered.read_text() == "one raise"


def test_without_orders_nothing_happens(ordered, monkeypatch):
    failpoint("one")
    monkeypatch.delenv("FAILPOINTS")
    failpoint("one")


def test_an_ordered_kill_is_the_end_of_the_process(ordered):
    ordered.write_text("one kill")
    program = "import django; django.setup(); from lib.failpoints import failpoint; failpoint('one'); print('alive')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)

    assert (ended.returncode, ended.stdout) == (-9, b"")
