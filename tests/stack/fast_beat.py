"""Celery's beat, waking what concerns messages several times a second: `python -m tests.stack.fast_beat SCHEDULE_FILE`."""

import sys

from portal.celery import app

WOKEN = ("billing.remind_of_ends", "billing.sweep_lines", "notifications.deliver_now", "notifications.sweep")


def main() -> None:
    app.conf.beat_schedule = {name: {"task": name, "schedule": 0.4} for name in WOKEN}
    app.Beat(schedule=sys.argv[1], loglevel="INFO").run()


if __name__ == "__main__":
    main()
