"""What the environment may hold: everything wrong with it is said at once, and production takes nothing unsafe."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.checks import Warning as CheckWarning

from deploy import made_up
from deploy.catalogue import ROOT
from portal.health import the_role_cannot_empty_tables
from tests.house.environment import shell_environment


def started(**environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` with nothing in the environment but this."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "check"],
        cwd=ROOT,
        env={**shell_environment(), "PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_complete_production_environment_starts() -> None:
    done = started(**made_up.environment())
    assert done.returncode == 0, done.stderr


def test_everything_that_is_missing_or_malformed_is_said_at_once_and_no_value_is_shown() -> None:
    done = started(PORTAL_ENV="production", TRUSTED_PROXY_COUNT="many", SECRET_KEY="short-and-secret")
    assert done.returncode != 0
    for name in (
        "SECRET_KEY",
        "PORTAL_ORIGIN",
        "DATABASE_URL",
        "REDIS_URL",
        "STRIPE_API_KEY",
        "TRUSTED_PROXY_COUNT",
        "EMAIL_BACKEND",
    ):
        assert name in done.stderr, name
    assert "short-and-secret" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "unsafe"),
    [
        ("DEBUG", "true"),
        ("SECRET_KEY", "x" * 60),
        ("PORTAL_ORIGIN", "http://portal.invalid"),
        ("ALLOWED_HOSTS", "*"),
        ("STRIPE_API_KEY", "sk_test_123"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_sandbox"),
        ("STRIPE_API_BASE", "http://127.0.0.1:8001"),
        ("SANDBOX_URL", "http://127.0.0.1:8001"),
        ("CLOCK_FILE", "/tmp/clock"),
        ("CLOCK_KEY", "anything"),
        ("USAGE_KEYS", "network=sandbox-usage"),
        ("EMAIL_BACKEND", "notifications.channels.inbox.InboxEmailBackend"),
        ("SMS_CHANNEL", "notifications.channels.inbox.InboxSmsChannel"),
        ("CORE_API_URL", "http://127.0.0.1:8001/core"),
        ("CORE_API_KEY", "sandbox"),
        ("REDIS_URL", "redis://valkey.invalid:6379"),
        ("DATABASE_URL", "postgres://portal_app@postgres.invalid/portal"),
        ("TOP_UP_KEYS", "kiosks=short"),
        ("TOP_UP_KEYS", f"kiosks={'k' * 24},ussd={'k' * 24}"),
        ("USAGE_KEYS", "mediation="),
    ],
)
def test_production_refuses_an_unsafe_value_by_name(name: str, unsafe: str) -> None:
    done = started(**{**made_up.environment(), name: unsafe})
    assert done.returncode != 0
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("TOP_UP_KEYS", "Kiosk 12=key"),
        ("USAGE_KEYS", "a:b=key"),
        ("TOP_UP_BOUNDS_MINOR", "200,100"),
        ("TOP_UP_BOUNDS_MINOR", "100"),
    ],
)
def test_no_installation_starts_with_what_it_cannot_work_with(name: str, odd: str) -> None:
    done = started(PORTAL_ENV="test", **{name: odd})
    assert done.returncode != 0
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_an_environment_of_another_name_is_refused() -> None:
    done = started(PORTAL_ENV="staging")
    assert done.returncode != 0
    assert "PORTAL_ENV: choose development, test or production" in done.stderr


@pytest.mark.django_db
def test_a_role_that_may_empty_tables_is_noticed_in_production_and_nowhere_else(settings: Any) -> None:
    assert the_role_cannot_empty_tables(databases=["default"]) == []
    settings.PRODUCTION = True
    (found,) = the_role_cannot_empty_tables(databases=["default"])
    assert isinstance(found, CheckWarning)
    assert "owns or may empty" in found.msg
