"""Writes a backup of the database into one file, or checks one."""

import signal
import sys
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from portal.backup import dumping, verifying
from portal.backup.archives import Archive
from portal.backup.manifest import Manifest
from portal.backup.refusal import BackupRefused


class Command(BaseCommand):
    help = (
        "Write a backup of the database of DATABASE_URL into FILE, or with - to standard output; --verify checks one "
        "(docs/backup.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="where to; - for standard output")
        parser.add_argument("--verify", action="store_true", help="check FILE: hash, contents, and by restoring it")
        parser.add_argument(
            "--into",
            default="",
            metavar="DATABASE_URL",
            help="with --verify: an empty database to restore into, empty again afterwards; best without a password, which "
            "PGPASSWORD or ~/.pgpass can hold",
        )
        parser.add_argument("--quick", action="store_true", help="with --verify: hash and contents only")

    def handle(self, *_args: Any, file: Path, verify: bool, into: str, quick: bool, **_options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidies up as Ctrl-C does
        try:
            if verify:
                self._verify(file, into=into, is_quick=quick)
            elif into or quick:
                raise CommandError("--into and --quick go with --verify.")
            else:
                self._back_up(file)
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        except (psycopg.Error, Error) as error:
            raise CommandError(f"Postgres: {str(error).splitlines()[0]}") from error
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}.") from error
        except KeyboardInterrupt as stopped:
            raise CommandError("Stopped; nothing is left of it.", returncode=130) from stopped

    def _back_up(self, file: Path) -> None:
        if str(file) != "-":
            self.stdout.write(_told(dumping.back_up_to(file)))
            return
        if sys.stdout.isatty():
            raise CommandError("This is a terminal: send the backup into a file or a program.")
        written = dumping.write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        self.stderr.write(_told(written))

    def _verify(self, file: Path, *, into: str, is_quick: bool) -> None:
        archive = verifying.check_file(file)
        self.stdout.write(_told(archive.manifest))
        self.stdout.write("Hash and contents are right.")
        if not is_quick:
            self._restore(archive, into=into)

    def _restore(self, archive: Archive, *, into: str) -> None:
        try:
            verifying.check_by_restoring(archive, into=into)
        except verifying.NoScratchDatabase as refusal:
            self.stdout.write(f"Not restored: {refusal}. Name an empty one with --into.")
        else:
            self.stdout.write("Restored into a database of its own: every row and sum is there.")


def _told(manifest: Manifest) -> str:
    sums = ", ".join(
        f"{figures['entries']:,} ledger entries over {figures['moved_minor']:,} minor units of {currency}"
        for currency, figures in manifest.figures.ledger.items()
    )
    return (
        f"Backup of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, Postgres {manifest.server_version}: {manifest.dump_bytes:,} bytes, "
        f"{manifest.row_count:,} rows in {len(manifest.figures.rows)} tables; {sums or 'no ledger entry'}."
    )
