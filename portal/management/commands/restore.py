"""Puts a backup into the database and makes the portal ready to start."""

import signal
import sys
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection, transaction

from billing.catching_up import CatchingUp
from lib import clock
from portal.backup import restoring
from portal.backup.archives import Archive
from portal.backup.refusal import BackupRefused
from portal.backup.restoring import Restored


class Command(BaseCommand):
    help = (
        "Restore a backup into the database of DATABASE_URL, as the owner of its tables, while nothing else of the portal runs "
        "(docs/backup.md). All or nothing."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="lose what is in the database now")
        parser.add_argument("--yes", action="store_true", help="with --replace: do not ask")
        parser.add_argument(
            "--while-connected", action="store_true", help="although others are connected to the database"
        )
        parser.add_argument(
            "--catch-up",
            action="store_true",
            help="restore nothing; do what had to wait until the migrations were done",
        )

    def handle(self, *_args: Any, file: Path, catch_up: bool, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            archive = restoring.checked(file)
            restored = None if catch_up else self._restore(archive, **options)
            caught_up = self._catch_up(archive) if restored is None else restored.caught_up
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        except (psycopg.Error, Error) as error:
            raise CommandError(f"Nothing was changed. Postgres: {str(error).splitlines()[0]}") from error
        except KeyboardInterrupt as stopped:
            raise CommandError("Stopped; the database is as it was.", returncode=130) from stopped
        if restored:
            self._tell(archive, restored)
        if caught_up:
            self._tell_caught_up(caught_up)
        if restored:
            restoring.gather_statistics()

    def _restore(
        self, archive: Archive, *, replace: bool, yes: bool, while_connected: bool, **_options: Any
    ) -> Restored:
        restoring.refuse_unfit(may_replace=replace, may_be_shared=while_connected)
        if replace and not yes:
            self._ask()
        return restoring.restore(archive, replace=replace, now=clock.real_now())

    def _ask(self) -> None:
        name = str(connection.settings_dict["NAME"])
        if not sys.stdin.isatty():
            raise CommandError("Nobody is there to be asked: say --yes.")
        self.stdout.write(f"Everything in the database {name} will be lost. Type its name to go on: ", ending="")
        self.stdout.flush()
        if input().strip() != name:
            raise CommandError("That is not its name; nothing was changed.")

    def _catch_up(self, archive: Archive) -> CatchingUp:
        with transaction.atomic():
            return restoring.catch_up(archive)

    def _tell(self, archive: Archive, restored: Restored) -> None:
        rows = archive.manifest.row_count
        taken_at = f"{archive.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"
        self.stdout.write(f"Restored the backup of {taken_at}: {rows:,} rows, every row and sum as in its manifest.")
        held = restored.held_back
        self.stdout.write(
            f"Messages that may have been sent already: {held.unknown} are marked unknown and not sent, {held.again} e-mails go "
            "out in 15 minutes."
        )
        if not restoring.is_our_key(archive):
            self.stdout.write(
                "The backup was made under another SECRET_KEY, which vouchers and bank data need: put it into SECRET_KEY_FALLBACKS."
            )
        if restored.migrations_due:
            self.stdout.write(
                f"{restored.migrations_due} migrations are due. Before anything starts: manage.py migrate, then "
                f"manage.py restore --catch-up {archive.path}"
            )

    def _tell_caught_up(self, done: CatchingUp) -> None:
        self.stdout.write(f"Asked again as soon as beat runs: {done.payments} payments, {done.refunds} refunds.")
        if done.open_payouts:
            self.stdout.write(
                f"{done.open_payouts} pay-outs are open here and may have been sent: compare them with the bank's statement first."
            )
