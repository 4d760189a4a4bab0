"""A backup is whole or not there, tells nobody the password, and can be held against what it says of itself."""

import io
import os
import signal
import stat
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from portal.backup import addresses, archives, binaries, dumping, figures
from portal.backup.progress import Progress
from portal.backup.refusal import BackupRefused
from tests.cast import anna, bao
from tests.portal import backups

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bin_folder(tmp_path: Path, settings: Any) -> Path:
    """PG_BIN: only what a test puts there is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    settings.PG_BIN = ""
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "portal.backup"


def test_a_backup_is_one_private_file_that_counts_itself(target: Path) -> None:
    backups.fill()
    told, refusal = backups.run("backup", target)
    assert refusal == ""
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    manifest = archives.read(target).manifest
    assert manifest.dump_sha256 == backups.sha256(target.read_bytes()[: manifest.dump_bytes])
    assert manifest.figures.rows["public.billing_payment"] == 3
    euro = manifest.figures.ledger["EUR"]
    assert euro["stored_minor"] == euro["pots_minor"]["credit_paid"] == 2000
    assert sum(euro["pots_minor"].values()) == 0
    assert euro["pots_minor"]["clearing"] == -(1500 + 2000)
    assert "billing.0001_initial" in manifest.figures.migrations
    assert (manifest.server_version[:3], manifest.pg_dump_version[:3]) == ("18.", "18.")
    assert f"{euro['entries']} ledger entries" in told


def test_sessions_and_the_secret_key_stay_out(target: Path, settings: Any) -> None:
    backups.fill()
    backups.run("backup", target)
    manifest = archives.read(target).manifest
    assert manifest.left_out == ["public.django_session", "public.usersessions_usersession"]
    assert not set(manifest.left_out) & set(manifest.figures.rows)
    assert settings.SECRET_KEY.encode() not in target.read_bytes()


def test_what_is_written_while_it_runs_is_neither_counted_nor_dumped(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna()
    count = figures.take

    def count_and_let_somebody_register(held: psycopg.Connection[Any]) -> figures.Figures:
        found = count(held)
        bao()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(figures, "take", count_and_let_somebody_register)
        dumping.back_up_to(target)
    assert archives.read(target).manifest.figures.rows["public.accounts_subscriber"] == 1
    told, refusal = backups.run("backup", "--verify", target)
    assert (refusal, "every row and sum is there" in told) == ("", True)


def test_standard_output_gets_the_same_file(tmp_path: Path) -> None:
    backups.fill()
    running = backups.started("backup", "-")
    written, told = running.communicate(timeout=120)
    assert (running.returncode, told.startswith(b"Backup of 20")) == (0, True), told
    path = tmp_path / "piped"
    path.write_bytes(written)
    assert backups.run("backup", "--verify", "--quick", path)[1] == ""


def test_a_file_that_is_there_is_not_written_over(target: Path) -> None:
    target.write_text("yesterday's")
    assert backups.run("backup", target)[1] == f"{target} is there already: name another file."
    assert target.read_text() == "yesterday's"


def test_a_folder_that_is_not_there_is_said_in_one_line(target: Path) -> None:
    _told, refusal = backups.run("backup", target.parent / "nowhere" / "x")
    assert refusal.endswith("No such file or directory.")


def test_a_database_that_is_not_the_portals_is_refused(target: Path) -> None:
    with backups.empty_database() as name, backups.connected_to(name):
        _told, refusal = backups.run("backup", target)
    assert refusal == "This is no database of the portal: no migration has ever run in it."
    assert list(target.parent.iterdir()) == []


def test_a_pg_dump_older_than_the_server_is_refused_in_one_line(target: Path, bin_folder: Path, settings: Any) -> None:
    old = backups.program(bin_folder, "pg_dump", "exit 1", version="15.18 (Debian 15.18-0+deb12u1)")
    settings.PG_BIN = str(bin_folder)
    assert backups.run("backup", target)[1] == (
        f"pg_dump 18 or newer is needed; {old} is 15.18. Install postgresql-client-18, or name its folder in PG_BIN."
    )
    assert list(target.parent.iterdir()) == []


def test_a_folder_without_pg_dump_is_said(target: Path, bin_folder: Path, settings: Any) -> None:
    settings.PG_BIN = str(bin_folder)
    assert f"there is none in PG_BIN ({bin_folder})" in backups.run("backup", target)[1]


def test_an_older_one_on_the_path_is_passed_over(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backups.program(bin_folder, "pg_dump", "exit 1", version="9.6.24")
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    with suppress(BackupRefused):  # a machine may have no other
        assert binaries.find("pg_dump", at_least=18).parent != bin_folder
    with pytest.raises(BackupRefused, match=rf"{bin_folder}/pg_dump is 9\.6\.24"):
        binaries.find("pg_dump", at_least=99)


def test_the_password_is_in_no_command_line_and_nothing_else_of_ours_reaches_the_child(
    target: Path, bin_folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "this-must-not-travel")
    monkeypatch.setenv("PGOPTIONS", "-c search_path=elsewhere")
    seen = bin_folder / "seen"
    backups.program(
        bin_folder, "pg_dump", f'tr "\\0" " " </proc/$$/cmdline >"{seen}"; env >"{seen}.env"; exec "$REAL" "$@"'
    )
    settings.PG_BIN = str(bin_folder)
    told, refusal = backups.run("backup", target)
    assert refusal == ""
    words, environment = seen.read_text(), Path(f"{seen}.env").read_text()
    assert "--snapshot=" in words
    assert f"PGPASSWORD={backups.password()}" in environment
    assert "this-must-not-travel" not in environment
    assert "elsewhere" not in environment
    for place in (words, told, target.read_bytes().decode("latin-1")):
        assert backups.password() not in place


def test_a_pg_dump_that_fails_leaves_nothing_and_its_reason(target: Path, bin_folder: Path, settings: Any) -> None:
    backups.program(
        bin_folder, "pg_dump", "echo half; echo 'pg_dump: error: the disk is on fire' >&2; echo 'hint: run' >&2; exit 1"
    )
    settings.PG_BIN = str(bin_folder)
    assert backups.run("backup", target)[1] == "pg_dump failed: pg_dump: error: the disk is on fire"
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_backup_that_is_stopped_leaves_no_file_and_no_child(
    target: Path, bin_folder: Path, by: signal.Signals
) -> None:
    pid = bin_folder / "pid"
    backups.program(
        bin_folder, "pg_dump", f'head -c 3000000 /dev/zero; echo $$ >"{pid}.new"; mv "{pid}.new" "{pid}"; sleep 600'
    )
    running = backups.started("backup", target, PG_BIN=str(bin_folder))
    backups.wait_for(pid)
    assert [path.suffix for path in target.parent.iterdir()] == [".unfinished"]
    os.kill(running.pid, by)
    _out, told = running.communicate(timeout=60)
    assert (running.returncode, told.decode().strip()) == (130, "CommandError: Stopped; nothing is left of it.")
    assert list(target.parent.iterdir()) == []
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()


def test_a_large_dump_passes_through_in_small_pieces(target: Path, bin_folder: Path, settings: Any) -> None:
    size = 300_000_000
    backups.program(bin_folder, "pg_dump", f"head -c {size} /dev/zero")
    settings.PG_BIN = str(bin_folder)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here (Linux, proc(5))
    before = backups.memory_kilobytes("VmRSS")
    assert dumping.back_up_to(target).dump_bytes == size
    assert backups.memory_kilobytes("VmHWM") - before < 20_000


@pytest.fixture
def taken(target: Path) -> Path:
    """A backup of a small database."""
    anna()
    assert backups.run("backup", target)[1] == ""
    return target


def test_verifying_restores_into_a_database_of_its_own_and_drops_it(taken: Path) -> None:
    before = backups.databases()
    told, refusal = backups.run("backup", "--verify", taken)
    assert refusal == ""
    assert "Restored into a database of its own: every row and sum is there." in told
    assert backups.databases() == before


def test_verifying_into_a_database_leaves_it_as_empty_as_it_was(taken: Path) -> None:
    with backups.empty_database() as name:
        for _time in range(2):
            told, refusal = backups.run("backup", "--verify", taken, "--into", backups.url_of(name))
            assert (refusal, "every row and sum is there" in told) == ("", True)


def test_pg_restore_alone_reads_the_file(taken: Path) -> None:
    pg_restore = binaries.find("pg_restore", at_least=18)
    with backups.empty_database() as name:
        environment = addresses.child_environment({**addresses.own(), "dbname": name})
        subprocess.run([pg_restore, "--dbname", name, "--exit-on-error", taken], env=environment, check=True)
        with psycopg.connect(backups.url_of(name)) as own:
            assert figures.differences(archives.read(taken).manifest.figures, figures.take(own)) == []


def test_verifying_into_a_database_that_is_not_empty_is_refused(taken: Path) -> None:
    name = str(connection.settings_dict["NAME"])
    refusal = backups.run("backup", "--verify", taken, "--into", backups.url_of(name))[1]
    assert refusal == f"The database {name} is not empty: name another for --into."


def test_a_role_that_may_create_no_database_is_told_what_was_left_out(taken: Path) -> None:
    role = sql.Identifier(f"little_{os.getpid()}")
    with backups.server() as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'little'").format(role))
        before = connection.settings_dict["USER"], connection.settings_dict["PASSWORD"]
        connection.settings_dict.update(USER=role.as_string().strip('"'), PASSWORD="little")
        try:
            told, refusal = backups.run("backup", "--verify", taken)
        finally:
            connection.settings_dict.update(USER=before[0], PASSWORD=before[1])
            admin.execute(sql.SQL("DROP ROLE {}").format(role))
    assert refusal == ""
    assert told.splitlines()[-1].startswith("Not restored: The role of DATABASE_URL may not create a database.")


def test_rows_and_sums_that_differ_from_the_manifest_are_named(taken: Path, tmp_path: Path) -> None:
    right = archives.read(taken).manifest.figures
    wrong = replace(right, rows={**right.rows, "public.accounts_line": 7})
    other = backups.rewritten(taken, tmp_path / "other", figures=wrong)
    assert backups.run("backup", "--verify", other)[1] == (
        "What was restored is not what was backed up: public.accounts_line: 7 rows in the backup, 1 rows here."
    )


def test_one_changed_byte_is_found(taken: Path) -> None:
    whole = bytearray(taken.read_bytes())
    whole[len(whole) // 2] ^= 1
    taken.write_bytes(whole)
    refusal = backups.run("backup", "--verify", taken)[1]
    assert refusal == f"{taken} does not match its hash: it was damaged or changed. Use another backup."


def test_a_changed_manifest_is_found(taken: Path) -> None:
    taken.write_bytes(taken.read_bytes().replace(b'"public.accounts_line":1', b'"public.accounts_line":2'))
    refusal = backups.run("backup", "--verify", taken)[1]
    assert refusal == "The backup's manifest does not match its hash: the file was changed."


@pytest.mark.parametrize("share", [0.2, 0.9, 0.9999])
def test_a_file_that_was_cut_short_is_known_at_once(taken: Path, share: float) -> None:
    whole = taken.read_bytes()
    taken.write_bytes(whole[: int(len(whole) * share)])
    for command in (("backup", "--verify"), ("restore",)):
        refusal = backups.run(*command, taken)[1]
        assert refusal == f"{taken} was cut short, or `manage.py backup` did not write it."


@pytest.mark.parametrize("content", [b"", b"-- a letter\n", b"PK\x03\x04" + bytes(5000)])
def test_a_foreign_file_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter"
    path.write_bytes(content)
    for command in (("backup", "--verify"), ("restore",)):
        assert backups.run(*command, path)[1] == f"{path} is no backup."
    assert backups.run("restore", tmp_path)[1] == f"{tmp_path} cannot be read: Is a directory."


def test_options_of_the_check_are_refused_without_it(target: Path) -> None:
    assert backups.run("backup", target, "--quick")[1] == "--into and --quick go with --verify."
    assert not target.exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bytes_and_rate_are_shown_on_a_terminal_only() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        progress = Progress("Written", total_bytes=4_000_000, to=stream)
        progress.add(3_000_000)
        progress.end()
    assert terminal.getvalue().startswith("\rWritten: 3.0 MB (75 %), ")
    assert terminal.getvalue().endswith(" MB a second  \n")
    assert pipe.getvalue() == ""
