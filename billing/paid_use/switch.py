"""The owner's say: whether use that no allowance covers may be paid from the line's credit at all."""

from datetime import datetime
from uuid import UUID

from accounts.models import Line
from lib.rows import write
from lib.transactions import whole
from plans import commands, life
from provisioning.outbox import tell_many


@whole
def switch(line_id: UUID, *, is_on: bool, now: datetime) -> bool:
    """From `now` on credit is used, or not; the core is told, since it lets use through. False when it was so already."""
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    if (line.credit_use_off_at is None) == is_on:
        return False
    line.credit_use_off_at = None if is_on else now
    write(line, "credit_use_off_at")
    word = "on" if is_on else "off"
    tell_many([commands.of_line(line, subject=life.subject_of(line), again=f"credit_{word}:{commands.at(now)}")])
    return True
