"""The domain's clock: real time, and an offset that only the sandbox can set."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from lib import clock
from portal.environment import production_problems


@pytest.fixture
def clock_file(tmp_path, settings):
    path = tmp_path / "clock"
    settings.CLOCK_FILE = str(path)
    return path


def offset() -> timedelta:
    """Of the domain's clock, to the second."""
    before = datetime.now(UTC)
    return timedelta(seconds=round((clock.now() - before).total_seconds()))


@pytest.mark.parametrize("seconds", [0, 86_400, -3600, 31_536_000])
def test_the_offset_in_the_file_is_added(clock_file, seconds):
    clock_file.write_text(f"{seconds}\n")

    assert offset() == timedelta(seconds=seconds)


def test_a_change_of_the_file_counts_at_once(clock_file):
    clock_file.write_text("60")
    assert offset() == timedelta(seconds=60)
    clock_file.write_text("120")
    assert offset() == timedelta(seconds=120)


@pytest.mark.parametrize("content", [None, b"", b"soon", b"1.5", b"\xff\xfe", b"9" * 30, b"9" * 10_000])
def test_a_file_that_is_missing_or_makes_no_sense_is_no_offset(clock_file, content):
    if content is not None:
        clock_file.write_bytes(content)

    assert offset() == timedelta()


def test_without_a_file_it_is_real_time(settings):
    settings.CLOCK_FILE = ""

    assert offset() == timedelta()


def test_leases_and_signatures_stay_on_real_time(clock_file):
    clock_file.write_text("86400")

    assert abs(clock.real_now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_both_clocks_know_their_zone(clock_file):
    assert clock.now().tzinfo is clock.real_now().tzinfo is UTC


def test_production_refuses_a_clock_that_can_be_moved():
    values = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    line = "CLOCK_FILE: the clock cannot be moved in production"
    assert line in production_problems({**values, "CLOCK_FILE": "/somewhere"})
    assert line not in production_problems({**values, "CLOCK_FILE": ""})
