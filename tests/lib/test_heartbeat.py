"""Whether anybody works at all."""

from datetime import timedelta

from lib import clock, heartbeat
from lib.tasks import heartbeat as task


def test_nobody_remembers_a_beat_that_never_was():
    assert heartbeat.last_beat() is None


def test_the_last_beat_is_remembered_in_real_time(settings, tmp_path):
    settings.CLOCK_FILE = str(tmp_path / "clock")
    (tmp_path / "clock").write_text("86400")
    before = clock.real_now()
    task(future_argument="x")
    last = heartbeat.last_beat()

    assert last is not None
    assert before <= last <= before + timedelta(seconds=5)
