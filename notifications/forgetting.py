"""Emptying what was written to somebody who is forgotten. The rows stay: their keys are what keeps a message from going out twice."""

from notifications import choices
from notifications.models import DeliveryReport, Message, MessageState, Suppression
from notifications.my_data import Held, written_to

GONE = "-"


def forget(addresses: list[Held]) -> int:
    """Messages to these addresses lose address, facts and text, and what was still to go is not sent. Returns how many."""
    found = Message.objects.filter(written_to(addresses))
    found.filter(state=MessageState.DUE).update(state=MessageState.SUPPRESSED, error_code="withdrawn")
    DeliveryReport.objects.filter(message__in=found).update(code="")
    count = found.update(address=GONE, context={}, secret=None, sent_title="", sent_text="")
    for address, _since, until in addresses:
        if until is None:
            choices.forget(address)
            Suppression.objects.filter(address=address).delete()
    return count
