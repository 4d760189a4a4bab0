"""Calls to the outside: never inside a transaction, never without a time-out, never to where a redirect points."""

import time

import pytest
import requests
from django.db import transaction

from lib import http
from lib.http import CalledInsideTransaction, post_json, refuse_inside_transaction
from tests.notifications.stubs import HttpStub, running


@pytest.fixture
def stub():
    made = HttpStub()
    with running(made):
        yield made


@pytest.mark.django_db(transaction=True)
def test_a_call_inside_a_transaction_is_refused_before_anything_is_sent(stub):
    with transaction.atomic(), pytest.raises(CalledInsideTransaction, match="commit first"):
        post_json(stub.url, {"a": 1})
    assert stub.headers == []

    assert post_json(stub.url, {"a": 1}).status_code == 200
    assert stub.taken == [{"a": 1}]


@pytest.mark.django_db
def test_the_transaction_a_test_runs_in_does_not_count_but_any_inside_it_does():
    refuse_inside_transaction()
    with transaction.atomic(), transaction.atomic(), pytest.raises(CalledInsideTransaction):
        refuse_inside_transaction()
    refuse_inside_transaction()


@pytest.mark.django_db
def test_headers_are_sent_along(stub):
    post_json(stub.url, {}, headers={"Authorization": "Bearer x"})

    assert stub.headers[0]["Authorization"] == "Bearer x"


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["301", "302", "307", "308"])
def test_a_redirect_is_an_answer_and_is_not_followed(stub, status):
    stub.says = status

    assert post_json(stub.url, {}).status_code == int(status)
    assert len(stub.headers) == 1


@pytest.mark.django_db
def test_an_answer_that_does_not_come_is_waited_for_only_so_long(stub, monkeypatch):
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    stub.says = "silent"
    began = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        post_json(stub.url, {})

    assert 0.2 <= time.monotonic() - began < 1.2


def test_the_time_outs_are_those_of_the_design_and_end_within_a_claim():
    from notifications.claims import LEASE

    assert (http.CONNECT_SECONDS, http.READ_SECONDS) == (5, 20)
    assert http.CONNECT_SECONDS + http.READ_SECONDS < LEASE.total_seconds() <= 30
