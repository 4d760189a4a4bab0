"""`alarm()`: one row, one log line, and at most one mail a kind an hour."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from lib import clock
from lib.models import Alarm

log = structlog.get_logger(__name__)
QUIET = timedelta(hours=1)


def alarm(
    kind: str, *, subject: str, detail: str = "", once: bool = False, error: BaseException | None = None
) -> Alarm:
    """Tell the operator's people. `subject` is an id, `detail` plain text without personal data. Joins the caller's
    transaction: what is rolled back raises no alarm. `once`: not again while nobody has seen the last one of this subject, for
    what is tried over and over. `error`: its trace goes to the log.
    """
    if once and (unseen := Alarm.objects.filter(kind=kind, subject=subject, seen_at=None).first()):
        return unseen
    log.error("alarm", kind=kind, subject=subject, detail=detail, exc_info=error)
    return Alarm.objects.create(kind=kind, subject=subject, detail=detail)


@contextmanager
def holding_up_nobody(kind: str, *, subject: str) -> Iterator[None]:
    """One of many things that a sweep does: where it breaks, the others go on, its trace is logged once, and the operator's people are told.
    It is up to the sweep to look at it again.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001  told above
        alarm(kind, subject=subject, detail=type(error).__name__, once=True, error=error)


def mail_alarms() -> int:
    """Mail each kind whose last mail is an hour old: one mail for its waiting rows, at most 100. Returns the mails sent. Rows whose
    mail could not be handed over wait for the next call.
    """
    sent = 0
    for kind in Alarm.objects.filter(mailed_at=None).order_by("kind").values_list("kind", flat=True).distinct():
        if rows := _claim(kind):
            _mail(kind, rows)
            sent += 1
    return sent


def _mail(kind: str, rows: list[Alarm]) -> None:
    lines = [f"{row.raised_at:%Y-%m-%d %H:%M:%S} UTC  {row.subject}  {row.detail}" for row in rows]
    try:
        send_mail(f"[alarm] {kind} ({len(rows)})", "\n".join(lines), None, settings.ALARM_EMAILS)
    except Exception:
        Alarm.objects.filter(id__in=[row.id for row in rows]).update(mailed_at=None)
        raise


def _claim(kind: str) -> list[Alarm]:
    now = clock.real_now()
    with transaction.atomic():
        waiting = list(Alarm.objects.select_for_update().filter(kind=kind, mailed_at=None).order_by("id")[:100])
        # Asked under the lock: whoever held it before us has mailed this kind.
        if Alarm.objects.filter(kind=kind, mailed_at__gt=now - QUIET).exists():
            return []
        Alarm.objects.filter(id__in=[row.id for row in waiting]).update(mailed_at=now)
    return waiting
