"""The step of a moved clock: with its key alone, and it runs every sweep that looks at the domain's time."""

import os
import subprocess
import sys
from typing import Any

import pytest
from celery import current_app
from django.test import Client

from deploy import made_up
from deploy.catalogue import ROOT
from portal.celery import SCHEDULE
from portal.demo.clock_step import SWEEPS
from tests.house.environment import shell_environment

#: Of the schedule, what looks at real time, at the gateway, or once a day: beat goes on with it.
LEFT_TO_BEAT = {
    "billing.sweep_disputes", "billing.learn_abilities", "billing.number_receipts", "billing.number_all_receipts", "billing.draw_receipts",
    "billing.sweep_events", "billing.sweep_top_ups_for_others", "billing.sweep_payments", "billing.sweep_methods", "billing.stop_for_former_owners",
    "billing.read_events", "billing.reconcile", "plans.compare_with_core", "notifications.deliver_now", "notifications.forget_secrets",
    "accounts.forget_unverified", "accounts.sweep_esims", "accounts.sweep_swaps", "portal.erase_accounts", "lib.mail_alarms", "lib.heartbeat",
}  # fmt: skip


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    current_app.loader.import_default_modules()
    seen: list[str] = []
    for name in SWEEPS:
        monkeypatch.setattr(current_app.tasks[name], "run", lambda name=name: seen.append(name))
    return seen


def step(key: str = "clock") -> Any:
    return Client(enforce_csrf_checks=True).post("/clock/step/", headers={"Authorization": f"Bearer {key}"})


def test_every_sweep_runs_once_in_order(settings: Any, ran: list[str]) -> None:
    settings.CLOCK_KEY = "clock"
    assert step().json() == {"swept": len(SWEEPS)}
    assert ran == list(SWEEPS)


@pytest.mark.parametrize(
    ("own", "sent"), [("clock", "other"), ("clock", ""), ("", ""), ("", "clock"), ("clock", "ключ")]
)
def test_without_the_key_nothing_runs(settings: Any, ran: list[str], own: str, sent: str) -> None:
    settings.CLOCK_KEY = own
    assert step(sent.encode().decode("latin-1")).status_code == 401
    assert ran == []
    assert Client().get("/clock/step/").status_code == 405


def test_what_is_on_the_schedule_is_either_a_step_s_or_beat_s() -> None:
    assert set(SCHEDULE) == set(SWEEPS) | LEFT_TO_BEAT


def test_in_production_there_is_no_such_address() -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "portal.settings", "PATH": os.environ["PATH"], **made_up.environment()}
    looked = (
        "import django; django.setup(); from django.urls import resolve; resolve('/home/'); resolve('/clock/step/')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", looked],
        cwd=ROOT,
        env={**shell_environment(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Resolver404" in done.stderr
    assert "clock/step" in done.stderr.rpartition("Resolver404")[2]
