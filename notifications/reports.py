"""What carriers tell of messages they took: kept once, in whatever order it comes, and seen by the message when it can be."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from lib import clock
from notifications import suppressions
from notifications.kinds import Channel
from notifications.models import DeliveryReport, Message, MessageState, SuppressionReason

#: How each status ends a message: those of SMS (twilio.com/docs/messaging/api/message-resource) and of e-mail (anymail.dev, "Tracking
#: sent mail status"); the others tell of the way only.
_ENDS = {
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
    "bounced": MessageState.UNDELIVERED,
    "rejected": MessageState.UNDELIVERED,
}
_OPEN = (MessageState.ACCEPTED, MessageState.UNKNOWN)
#: A report for a message that nobody records any more as taken: what it says is kept, and no longer waits.
_WAITS_FOR = timedelta(hours=1)
BATCH = 200


def keep(message_id: UUID, *, provider: str, reference: str, status: str, code: str) -> bool:
    """Keep a report and apply it. False for a message that is not ours. A report that comes again changes nothing."""
    if not Message.objects.filter(pk=message_id).exists():
        return False
    DeliveryReport.objects.bulk_create(
        [
            DeliveryReport(
                message_id=message_id, provider=provider, reference=reference[:120], status=status[:30], code=code[:60]
            )
        ],
        ignore_conflicts=True,
    )
    apply(message_id)
    return True


def complained(message_id: UUID) -> None:
    """Its reader took it for spam: no more to that address."""
    for address in Message.objects.filter(pk=message_id, channel=Channel.EMAIL).values_list("address", flat=True):
        suppressions.suppress(address, SuppressionReason.COMPLAINED)


@transaction.atomic
def apply(message_id: UUID) -> None:
    """Let the message see what was told of it. Arrived is the last word: nothing that comes later takes it back."""
    message = Message.objects.select_for_update(no_key=True).get(pk=message_id)
    if message.state in {MessageState.CLAIMED, MessageState.DUE}:
        return  # its own worker has not written down yet that it was taken
    waiting = list(message.reports.filter(applied_at=None))
    ends = {_ENDS[report.status]: report for report in waiting if report.status in _ENDS}
    state = MessageState.DELIVERED if MessageState.DELIVERED in ends else next(iter(ends), None)
    if state and message.state in _OPEN:
        _end(message, state, ends[state])
    message.reports.filter(pk__in=[report.pk for report in waiting]).update(applied_at=clock.real_now())


def _end(message: Message, state: MessageState, report: DeliveryReport) -> None:
    known = {"provider": report.provider, "provider_reference": message.provider_reference or report.reference}
    code = "" if state == MessageState.DELIVERED else report.code
    message.move_to(state, error_code=code, accepted_at=message.accepted_at or clock.now(), **known)
    if report.status == "bounced" and message.channel == Channel.EMAIL:
        suppressions.suppress(message.address, SuppressionReason.BOUNCED, code=report.code)


def sweep() -> int:
    """Reports that came before their message was written down as taken. Returns how many messages were looked at."""
    waiting = DeliveryReport.objects.filter(applied_at=None)
    ids = list(waiting.order_by("received_at").values_list("message_id", flat=True)[:BATCH])
    for message_id in dict.fromkeys(ids):
        apply(message_id)
    old = DeliveryReport.objects.filter(applied_at=None, received_at__lte=clock.real_now() - _WAITS_FOR)
    old.update(applied_at=clock.real_now())
    return len(set(ids))
