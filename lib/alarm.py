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


def alarm(kind: str, *, subject: str, detail: str = "") -> Alarm:
    """Tell the operator's people. `subject` is an id, `detail` plain text without personal data. Joins the caller's
    transaction: what is rolled back raises no alarm.
    """
    log.error("alarm", kind=kind, subject=subject, detail=detail)
    return Alarm.objects.create(kind=kind, subject=subject, detail=detail)


def mail_alarms() -> int:
    """Mail each kind whose last mail is an hour old: one mail for all of its waiting rows. Returns the mails sent."""
    sent = 0
    for kind in Alarm.objects.filter(mailed_at=None).values_list("kind", flat=True).distinct():
        claimed = _claim(kind)
        if claimed:
            lines = [f"{row.raised_at:%Y-%m-%d %H:%M:%S} UTC  {row.subject}  {row.detail}" for row in claimed]
            send_mail(f"[alarm] {kind} ({len(claimed)})", "\n".join(lines), None, settings.ALARM_EMAILS)
            sent += 1
    return sent


def _claim(kind: str) -> list[Alarm]:
    now = clock.real_now()
    with transaction.atomic():
        if Alarm.objects.filter(kind=kind, mailed_at__gt=now - QUIET).exists():
            return []
        waiting = list(
            Alarm.objects.select_for_update(skip_locked=True).filter(kind=kind, mailed_at=None).order_by("id")[:100]
        )
        Alarm.objects.filter(id__in=[row.id for row in waiting]).update(mailed_at=now)
    return waiting
