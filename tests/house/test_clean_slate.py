"""A test that commits leaves nothing to the next one."""

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.cast import anna
from tests.clean_slate import CleanSlate


def filled() -> dict[str, int]:
    """The tables that have rows, and how many."""
    found = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            ((count,),) = cursor.fetchall()
            if count:
                found[name] = count
    return found


def test_what_was_committed_is_gone_and_what_migrate_wrote_is_left(
    transactional_db: None, django_db_setup: CleanSlate
) -> None:
    before = filled()
    load_reference_data()
    pay(order_plan(anna()))
    Permission.objects.create(content_type=ContentType.objects.create(app_label="a", model="b"), codename="c", name="d")
    assert len(filled()) > 15
    django_db_setup.restore()
    assert filled() == before
    assert set(before) == {"auth_permission", "django_content_type", "django_migrations"}


def test_the_triggers_are_back_afterwards(transactional_db: None, django_db_setup: CleanSlate) -> None:
    django_db_setup.restore()
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)
