"""`alarm()`: one row, one log line, and at most one mail a kind an hour."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from lib import clock
from lib.models import Alarm

log = structlog.get_logger(__name__)
QUIET = timedelta(hours=1)


def alarm(kind: str, *, subject: str, detail: str = "", once: bool = False) -> Alarm:
    """Tell the operator's people. `subject` is an id, `detail` plain text without personal data. Joins the caller's
    transaction: what is rolled back raises no alarm. `once`: not again while nobody has seen the last one of this subject, for
    what is tried over and over.
    """
    if once and (unseen := Alarm.objects.filter(kind=kind, subject=subject, seen_at=None).first()):
        return unseen
    log.error("alarm", kind=kind, subject=subject, detail=detail)
    return Alarm.objects.create(kind=kind, subject=subject, detail=detail)


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
