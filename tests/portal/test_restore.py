"""A restore brings everything back or changes nothing, and what it brings back is ready to meet a world that went on."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from accounts.models import Line, Subscriber
from billing.models import LedgerEntry, Order, OrderState, Payment
from lib.models import Alarm
from notifications.models import Message
from portal.backup import archives, figures, restoring
from tests.billing.ordering import order_plan, pay
from tests.cast import anna, bao
from tests.portal import backups
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def taken(tmp_path: Path, db: None) -> Path:
    """A backup of a database with a little of everything (`backups.fill`)."""
    backups.fill()
    path = tmp_path / "portal.backup"
    assert backups.run("backup", path)[1] == ""
    return path


@pytest.fixture
def small(tmp_path: Path, transactional_db: None) -> Path:
    """A backup with Anna in it and nothing else."""
    anna()
    path = tmp_path / "small.backup"
    assert backups.run("backup", path)[1] == ""
    return path


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[str]:
    """Django works on an empty database."""
    with backups.empty_database() as name, backups.connected_to(name):
        yield name


@pytest.fixture
def inhabited(small: Path, elsewhere: str) -> str:
    """Django works on a database with Anna and Bao in it, of which the backup knows only Anna."""
    assert backups.run("restore", small)[1] == ""
    bao()
    return elsewhere


def names() -> list[str]:
    return list(Subscriber.objects.order_by("name").values_list("name", flat=True))


def test_everything_is_back_and_the_database_still_refuses_what_it_refused(taken: Path, elsewhere: str) -> None:
    before = archives.read(taken).manifest.figures
    told, refusal = backups.run("restore", taken)
    assert refusal == ""
    assert "every row and sum as in its manifest" in told
    with psycopg.connect(backups.url_of(elsewhere)) as own:
        # nothing was added but the word to our people, and the mark under which receipts go on
        assert figures.differences(before, figures.take(own)) == [
            "public.billing_receiptedition: 0 rows in the backup, 1 rows here",
            "public.lib_alarm: 0 rows in the backup, 1 rows here",
        ]
    assert broken() == {}
    with pytest.raises(DatabaseError, match="entry_is_immutable"):
        LedgerEntry.objects.update(amount_minor=1)
    with pytest.raises(DatabaseError, match="payment_is_kept"):
        Payment.objects.all().delete()
    with pytest.raises(DatabaseError, match="cannot go from applied to pending"):
        Order.objects.filter(state=OrderState.APPLIED).update(state=OrderState.PENDING)
    with pytest.raises(DatabaseError, match="ledger_credit_not_negative"), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_ledgeraccount SET balance_minor = -1 WHERE kind = 'credit_paid'")


def test_life_goes_on_in_what_was_restored(taken: Path, elsewhere: str) -> None:
    backups.run("restore", taken)
    order = order_plan(bao())
    pay(order)
    assert order.state == OrderState.APPLIED
    assert broken() == {}
    call_command("migrate", check_unapplied=True)


def test_nobody_is_signed_in_after_it(taken: Path, elsewhere: str) -> None:
    backups.run("restore", taken)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)


def test_what_was_on_its_way_is_asked_again_and_our_people_are_told(taken: Path, elsewhere: str) -> None:
    told, _refusal = backups.run("restore", taken)
    assert list(Payment.objects.filter(state="open").values_list("asked_at", flat=True)) == [None]
    assert "Asked again as soon as beat runs: 1 payments, 0 refunds." in told
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.subject[:9]) == ("portal.restored", "backup:20")


def test_no_sms_that_was_due_then_is_sent_now(taken: Path, elsewhere: str) -> None:
    written = Message.objects.count  # of this database: counted after it was restored
    told, _refusal = backups.run("restore", taken)
    sms = Message.objects.filter(channel="sms")
    assert set(sms.values_list("state", "error_code")) == {("unknown", "restored")}
    assert set(Message.objects.filter(channel="email").values_list("state", flat=True)) == {"due"}
    assert f"{sms.count()} are marked unknown and not sent, {written() - sms.count()} e-mails go out" in told


def test_a_database_that_is_not_empty_is_left_alone(small: Path, inhabited: str) -> None:
    refusal = backups.run("restore", small)[1]
    assert refusal == "The database is not empty: name an empty one, or say --replace to lose what is in it."
    assert names() == ["Anna", "Bao"]


def test_it_is_replaced_when_that_is_said_twice(small: Path, inhabited: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("""CREATE SCHEMA reports; CREATE VIEW reports.lines AS SELECT * FROM public.accounts_line;
            CREATE TYPE mood AS ENUM ('good'); CREATE TABLE "Odd name" (id serial, mood mood);
            CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM "Odd name"; CREATE SEQUENCE alone""")
    assert backups.run("restore", small, "--replace", "--yes")[1] == ""
    assert names() == ["Anna"]
    with psycopg.connect(backups.url_of(inhabited)) as own:
        assert own.execute("""SELECT to_regclass('public."Odd name"'), to_regclass('public.alone'), to_regclass('counted'),
            to_regtype('mood'), to_regnamespace('reports')""").fetchone() == (None,) * 5  # fmt: skip


@pytest.mark.parametrize(("typed", "left"), [("yes", ["Anna", "Bao"]), ("", ["Anna", "Bao"]), (None, ["Anna"])])
def test_the_name_of_the_database_must_be_typed(
    small: Path, inhabited: str, monkeypatch: pytest.MonkeyPatch, typed: str | None, left: list[str]
) -> None:
    answer = inhabited if typed is None else typed
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: answer)
    told, refusal = backups.run("restore", small, "--replace")
    assert f"Everything in the database {inhabited} will be lost." in told
    assert refusal == ("" if typed is None else "That is not its name; nothing was changed.")
    assert names() == left


def test_without_a_person_to_ask_yes_must_be_said(small: Path, inhabited: str) -> None:
    assert backups.run("restore", small, "--replace")[1] == "Nobody is there to be asked: say --yes."
    assert names() == ["Anna", "Bao"]


def test_a_restore_that_does_not_come_out_right_changes_nothing(
    small: Path, inhabited: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = archives.read(small).manifest.figures
    wrong = backups.rewritten(
        small, tmp_path / "wrong", figures=figures.Figures(right.migrations, {**right.rows, "public.x": 1}, {})
    )
    refusal = backups.run("restore", wrong, "--replace", "--yes")[1]
    assert refusal == ("What was restored is not what was backed up: public.x: 1 rows in the backup, no table here.")
    assert names() == ["Anna", "Bao"]


def test_a_restore_that_breaks_off_in_the_middle_changes_nothing(
    small: Path, inhabited: str, tmp_path: Path, settings: Any
) -> None:
    backups.program(tmp_path, "pg_restore", '"$REAL" "$@" | head -n 2000; exit 1')
    settings.PG_BIN = str(tmp_path)
    refusal = backups.run("restore", small, "--replace", "--yes")[1]
    assert refusal.startswith(("pg_restore failed: status 1", "Nothing was changed. Postgres: "))
    assert names() == ["Anna", "Bao"]


def test_ctrl_c_in_the_middle_changes_nothing(small: Path, inhabited: str, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    backups.program(
        tmp_path,
        "pg_restore",
        f'case "$*" in *section=post-data*) touch "{begun}"; sleep 600;; *) exec "$REAL" "$@";; esac',
    )
    running = backups.started(
        "restore",
        small,
        "--replace",
        "--yes",
        "--while-connected",
        PG_BIN=str(tmp_path),
        REDIS_URL=os.environ["REDIS_URL"],
    )
    connection.close()
    backups.wait_for(begun)
    os.kill(running.pid, signal.SIGINT)
    _out, told = running.communicate(timeout=60)
    assert (running.returncode, told.decode().strip()) == (130, "CommandError: Stopped; the database is as it was.")
    assert names() == ["Anna", "Bao"]


def test_others_at_the_database_stop_it(small: Path, inhabited: str) -> None:
    with psycopg.connect(backups.url_of(inhabited)):
        refusal = backups.run("restore", small, "--replace", "--yes")[1]
        assert refusal.startswith("1 other connections to the database (portal): stop web, worker and beat first")
        assert names() == ["Anna", "Bao"]
        assert backups.run("restore", small, "--replace", "--yes", "--while-connected")[1] == ""
    assert names() == ["Anna"]


def test_a_table_somebody_holds_is_not_waited_for(small: Path, inhabited: str) -> None:
    with psycopg.connect(backups.url_of(inhabited)) as other:
        other.execute("SELECT 1 FROM accounts_line")
        refusal = backups.run("restore", small, "--replace", "--yes", "--while-connected")[1]
    assert refusal == "Nothing was changed. Postgres: canceling statement due to lock timeout"
    assert names() == ["Anna", "Bao"]


def test_a_backup_of_a_newer_portal_is_refused(small: Path, elsewhere: str, tmp_path: Path) -> None:
    right = archives.read(small).manifest.figures
    newer = backups.rewritten(
        small,
        tmp_path / "newer",
        figures=figures.Figures([*right.migrations, "billing.0999_wonders"], right.rows, right.ledger),
    )
    refusal = backups.run("restore", newer)[1]
    assert refusal == (
        "The backup is of another version of the portal, with migrations this one does not know (billing.0999_wonders): "
        "restore it with that version."
    )
    with psycopg.connect(backups.url_of(elsewhere)) as own:
        assert own.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'accounts%'").fetchone() == (0,)


def test_migrations_that_are_due_are_said_and_the_rest_is_caught_up_after_them(
    small: Path, elsewhere: str, tmp_path: Path
) -> None:
    older = tmp_path / "older.backup"
    backups.run("restore", small)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM lib_alarm; DELETE FROM django_migrations WHERE app = 'sessions'; DROP TABLE django_session"
        )
    assert backups.run("backup", older)[1] == ""
    with backups.empty_database() as name, backups.connected_to(name):
        told, refusal = backups.run("restore", older)
        assert refusal == ""
        assert "1 migrations are due. Before anything starts: manage.py migrate, then" in told
        assert f"manage.py restore --catch-up {older}" in told
        assert (names(), Alarm.objects.count()) == (["Anna"], 0)
        call_command("migrate", verbosity=0)
        told, refusal = backups.run("restore", "--catch-up", older)
        assert (refusal, told) == ("", "Asked again as soon as beat runs: 0 payments, 0 refunds.\n")
        assert Alarm.objects.count() == 1


def test_another_secret_key_is_noticed(small: Path, elsewhere: str, settings: Any) -> None:
    settings.SECRET_KEY, old = "another" * 10, settings.SECRET_KEY
    told, refusal = backups.run("restore", small)
    assert (refusal, "another SECRET_KEY" in told) == ("", True)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert restoring.is_our_key(archives.read(small))


def test_the_everyday_role_may_what_it_may_after_a_migration_and_backs_up(
    small: Path, elsewhere: str, tmp_path: Path
) -> None:
    owner, app = (sql.Identifier(f"{name}_{os.getpid()}") for name in ("owner", "app"))
    with backups.server() as admin:
        for role in (owner, app):
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(role))
        admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(elsewhere), owner))
    before = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    connection.settings_dict.update(USER=f"owner_{os.getpid()}", PASSWORD="secret")
    try:
        with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}) as own:
            for rights in ("SELECT ON TABLES", "USAGE, SELECT ON SEQUENCES"):  # as deploy/roles.sh
                own.execute(
                    sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {} TO {}").format(sql.SQL(rights), app)
                )
        for words in ((), ("--replace", "--yes")):
            assert backups.run("restore", small, *words)[1] == ""
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT has_table_privilege(%(app)s, 'accounts_line', 'SELECT'), "
                    "has_table_privilege(%(app)s, 'accounts_line', 'TRUNCATE')",
                    {"app": f"app_{os.getpid()}"},
                )
                assert cursor.fetchone() == (True, False)
        connection.close()
        connection.settings_dict["USER"] = f"app_{os.getpid()}"
        assert backups.run("backup", tmp_path / "everyday.backup")[1] == ""
        refusal = backups.run("restore", small, "--replace", "--yes")[1]
        assert refusal.startswith("Nothing was changed. Postgres: must be owner of")
        assert names() == ["Anna"]
    finally:
        connection.close()
        connection.settings_dict.update(before)
        with psycopg.connect(backups.url_of(elsewhere), autocommit=True) as admin:
            for role in (app, owner):
                admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
            admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO portal").format(sql.Identifier(elsewhere)))
            for role in (app, owner):
                admin.execute(sql.SQL("DROP ROLE {}").format(role))


def test_large_tables_pass_through_in_small_pieces(small: Path, elsewhere: str, tmp_path: Path) -> None:
    path = tmp_path / "large.backup"
    assert backups.run("restore", small)[1] == ""
    with connection.cursor() as cursor:
        cursor.execute("""CREATE TABLE large AS SELECT string_agg(md5(g::text || h::text), '') AS words
            FROM generate_series(1, 2500) g, generate_series(1, 300) h GROUP BY g""")
    assert backups.run("backup", path)[1] == ""
    Path("/proc/self/clear_refs").write_text("5")
    before = backups.memory_kilobytes("VmRSS")
    assert backups.run("restore", path, "--replace", "--yes")[1] == ""
    assert path.stat().st_size > 12_000_000
    assert backups.memory_kilobytes("VmHWM") - before < 20_000


def test_rows_of_every_kind_of_text_come_back(small: Path, elsewhere: str, tmp_path: Path) -> None:
    path = tmp_path / "texts.backup"
    words = ["\\.", "a\n\\.\nb", "COPY x FROM stdin;\n", "\\restrict x\n", "", "tab\t\x01", "鲍", None]
    assert backups.run("restore", small)[1] == ""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE texts (at int, words text); COMMENT ON EXTENSION btree_gist IS 'ours'")
        cursor.executemany("INSERT INTO texts VALUES (%s, %s)", list(enumerate(words)))
    assert backups.run("backup", path)[1] == ""
    assert backups.run("restore", path, "--replace", "--yes")[1] == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT words FROM texts ORDER BY at")
        assert [row[0] for row in cursor.fetchall()] == words


def test_the_same_number_of_lines_and_no_transaction_left_open(small: Path, elsewhere: str) -> None:
    backups.run("restore", small)
    assert (Line.objects.count(), transaction.get_connection().in_atomic_block) == (1, False)
    assert abs(archives.read(small).manifest.taken_at - datetime.now(UTC)) < timedelta(minutes=5)
