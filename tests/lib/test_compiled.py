"""A compiled queryset finds the same rows as Django's own, in one statement, for whatever it is given."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Line, LineOwnership
from lib.compiled import Compiled, Given
from plans.models import Plan, Zone
from tests.cast import anna, bao, line_of

pytestmark = pytest.mark.django_db

OWNERSHIPS = LineOwnership.objects.select_related("line", "subscriber").order_by("-pk")
OWNED = Compiled(OWNERSHIPS.filter(line__msisdn=Given("msisdn"), until_at=None))
LOCKED = Compiled(Line.objects.select_for_update(no_key=True, of=("self",)).filter(pk=Given("id")))
PLANS = Compiled(Plan.objects.select_related("zone").filter(code=Given("code")))


def fields_of(row) -> dict[str, object]:
    return {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_it_finds_what_it_is_given_each_time_anew():
    people = [anna(), bao()]
    assert [OWNED.one(msisdn=person.msisdn).subscriber for person in people] == people


def test_rows_along_foreign_keys_come_with_the_same_statement(django_assert_num_queries):
    owner = anna()
    with django_assert_num_queries(1):
        found = OWNED.one(msisdn=owner.msisdn)
        assert (found.line.msisdn, found.subscriber.name) == (owner.msisdn, "Anna")


def test_every_field_has_the_value_that_django_gives_it():
    zone = Zone.objects.create(code="here", name={"en": "Here"})
    Plan.objects.create(
        code="day", validity_count=1, validity_unit="day", price_minor=199, currency="EUR", zone=zone,
        on_sale_from="2026-01-01T00:00:00Z", name={"en": "Day", "zh-hans": "日"},
    )  # fmt: skip
    plan = PLANS.one(code="day")
    assert fields_of(plan) == fields_of(Plan.objects.get(code="day"))
    assert fields_of(plan.zone) == fields_of(Zone.objects.get(code="here"))
    assert plan.get_deferred_fields() == set()


def test_rows_can_be_saved_like_any_other():
    owner = anna()
    ownership = OWNED.one(msisdn=owner.msisdn)
    ownership.line.label = "home"
    ownership.line.save(update_fields=["label"])
    assert [line.label for line in Line.objects.all()] == ["home"]


def test_a_queryset_for_some_fields_leaves_the_others_for_later(django_assert_num_queries):
    line = line_of("+4917604069021")
    short = Compiled(Line.objects.filter(pk=Given("id")).only("msisdn")).one(id=line.pk)
    with django_assert_num_queries(0):
        assert short.msisdn == "+4917604069021"
    with django_assert_num_queries(1):
        assert short.country == "DE"


@pytest.mark.parametrize("msisdn", ["+4917604069099", None])
def test_nothing_found_is_django_s_own_error(msisdn):
    anna()
    assert OWNED.all(msisdn=msisdn) == []
    with pytest.raises(LineOwnership.DoesNotExist):
        OWNED.one(msisdn=msisdn)


def test_a_value_that_is_not_given_is_a_mistake():
    with pytest.raises(KeyError, match="msisdn"):
        OWNED.all()


def test_a_lock_is_taken():
    line = line_of("+4917604069021")
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        assert LOCKED.one(id=line.pk) == line
    assert [query["sql"].endswith('FOR NO KEY UPDATE OF "accounts_line"') for query in queries] == [True]


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_of_a_transaction_is_refused_also_once_it_is_compiled():
    line = line_of("+4917604069021")
    for _ in range(2):
        with pytest.raises(transaction.TransactionManagementError):
            LOCKED.one(id=line.pk)
        with transaction.atomic():
            LOCKED.one(id=line.pk)


@pytest.mark.django_db(transaction=True)
def test_threads_share_it_and_ask_on_connections_of_their_own():
    people = [anna(), bao()]

    def owner(msisdn: str) -> str:
        try:
            return OWNED.one(msisdn=msisdn).subscriber.name
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(owner, [person.msisdn for person in people] * 10)) == ["Anna", "Bao"] * 10
