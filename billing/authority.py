"""How far one of the staff may go with money alone. Rights are given by group in `portal.staff.groups`."""

from dataclasses import dataclass

from django.conf import settings

from accounts.models import Line, LineOwnership, Subscriber

#: Our own permissions, as `has_perm` takes them. `docs/desk.md` says who has which.
CHECK_AGAIN = "billing.check_again"
TAKE_REVIEW = "billing.take_review"
ADJUST = "billing.adjust_credit"
ASK_REFUND = "billing.ask_refund"
BLOCK_VOUCHERS = "billing.block_vouchers"
MAKE_VOUCHERS = "billing.make_vouchers"
DECIDE = "billing.decide_money"


class NotAllowed(Exception):
    """Their group does not do this."""


class OwnLine(Exception):
    """Nobody moves money of a line that is their own."""


class SamePerson(Exception):
    """It needs a second person, and this is the first."""


@dataclass(frozen=True, kw_only=True)
class Authority:
    """One of the staff at work. `limit_minor`: what they may adjust alone, in minor units of whatever currency.

    `may_decide`: to be the second person, to write off, to pay out.
    """

    person_id: int
    address: str = ""
    limit_minor: int = 0
    may_decide: bool = False

    @property
    def actor(self) -> str:
        """As entries and audit rows name them."""
        return f"staff:{self.person_id}"

    def check_decides(self) -> None:
        """Raises NotAllowed."""
        if not self.may_decide:
            raise NotAllowed

    def check_foreign(self, line: Line) -> None:
        """Raises OwnLine for a line that is theirs now."""
        if LineOwnership.objects.filter(line=line, subscriber_id=self.person_id, until_at=None).exists():
            raise OwnLine


def of(person: Subscriber, *, address: str = "") -> Authority:
    """What `person` may do by their group."""
    may_decide = person.has_perm(DECIDE)
    limit_minor = 0
    if person.has_perm(ADJUST):
        limit_minor = settings.ADJUST_LIMIT_MINOR_FINANCE if may_decide else settings.ADJUST_LIMIT_MINOR_AGENT
    return Authority(person_id=person.pk, address=address, limit_minor=limit_minor, may_decide=may_decide)
