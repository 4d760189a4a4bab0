"""Our own permissions of this room, as `has_perm` takes them. `docs/desk.md` says who has which."""

from dataclasses import dataclass

ANSWER = "support.answer_tickets"
TELL = "support.tell_notices"


@dataclass(frozen=True, kw_only=True)
class Staff:
    """One of the staff at work, as audit rows name them."""

    person_id: int
    address: str = ""

    @property
    def actor(self) -> str:
        return f"staff:{self.person_id}"
