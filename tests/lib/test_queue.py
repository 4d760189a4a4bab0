"""Waking tasks up: by name, after the commit, and never at the cost of a request."""

import time
from typing import Any

import pytest
from celery import current_app
from django.db import transaction

from lib import queue
from lib.models import Alarm


@pytest.fixture
def sent(monkeypatch) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []

    def apply_async(self: Any, *_args: Any, **_options: Any) -> None:
        found.append((self.task, dict(self.kwargs)))

    monkeypatch.setattr("celery.canvas.Signature.apply_async", apply_async)
    return found


@pytest.fixture
def broker_down(own_valkey, monkeypatch):
    """A broker that had answered, and then is gone."""
    from portal.environment import broker_url

    # in this order: what `broker_write_url` was is read from `broker_url`, and put back
    monkeypatch.setattr(current_app.conf, "broker_write_url", broker_url(own_valkey.url))
    monkeypatch.setattr(current_app.conf, "broker_url", broker_url(own_valkey.url))
    app: Any = current_app
    app._after_fork()  # lets go of the connections to the tests' own broker
    queue.wake("lib.heartbeat")
    own_valkey.stop()
    yield
    app._after_fork()


@pytest.mark.django_db(transaction=True)
def test_a_task_is_woken_by_name_with_its_ids_once_the_transaction_has_committed(sent):
    with transaction.atomic():
        queue.after_commit("billing.fulfil", payment_id="p-1")
        assert sent == []

    assert sent == [("billing.fulfil", {"payment_id": "p-1"})]


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_it_is_woken_at_once(sent):
    queue.after_commit("lib.heartbeat")

    assert sent == [("lib.heartbeat", {})]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_wakes_nobody(sent):
    with transaction.atomic():
        queue.after_commit("lib.heartbeat")
        transaction.set_rollback(True)

    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_that_breaks_stops_no_other(sent, monkeypatch):
    wake = queue.wake

    def broken_once(task: str, **ids: str | int) -> None:
        if task == "a":
            raise RuntimeError
        wake(task, **ids)

    monkeypatch.setattr(queue, "wake", broken_once)
    with transaction.atomic():
        queue.after_commit("a")
        queue.after_commit("b")

    assert sent == [("b", {})]


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_costs_a_warning_and_the_work_stays_written(broker_down, caplog):
    began = time.monotonic()
    with transaction.atomic():
        Alarm.objects.create(kind="work", subject="to do")
        queue.after_commit("lib.mail_alarms")
    took = time.monotonic() - began

    assert Alarm.objects.count() == 1
    assert took < 3
    assert [record.levelname for record in caplog.records if record.name == "lib.queue"] == ["WARNING"]
    assert "queue.unreachable" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_a_page_still_answers_and_the_sweep_sends_its_message_later(broker_down, client, settings):
    """Asking for a code writes a message; nobody can be woken; delivery finds the row by looking."""
    from django.urls import reverse

    from notifications import delivery
    from notifications.channels.protocol import Accepted, Letter
    from notifications.models import Message
    from tests import cast

    cast.anna()
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    answer = client.post(reverse("account_request_login_code"), {"email": "anna@example.com"})

    assert answer.status_code == 302
    assert Message.objects.get().state == "due"
    letters: list[Letter] = []

    class Carrier:
        window = 1

        def carry(self, letter: Letter) -> Accepted:
            letters.append(letter)
            return Accepted("1")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "carrier", lambda _channel: Carrier())
        assert delivery.deliver() == 1
    assert [letter.address for letter in letters] == ["anna@example.com"]
