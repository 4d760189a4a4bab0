"""What the payer hears when nothing came of it: the same words whatever the reason."""

from billing import payer_codes
from billing.journal import money
from billing.models import GuestTopUp
from notifications import outbox
from notifications.outbox import Outgoing, Recipient


def not_done(top_up: GuestTopUp) -> None:
    """Joins the caller's transaction."""
    outbox.send(
        Outgoing(
            kind="top_up_not_done",
            channel="email",
            to=Recipient(top_up.email, top_up.language, top_up.time_zone),
            context={
                "amount": money(top_up.price),
                "whom": top_up.shown,
                "url": payer_codes.page_of(top_up),
            },
            key=f"top_up:{top_up.pk}:not_done:email",
            subject=f"top_up:{top_up.pk}",
        )
    )
