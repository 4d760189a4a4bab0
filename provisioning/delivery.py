"""From due to a named end: claim a line's oldest command and commit, tell the core with nothing open, record what came of it.

Every command says how something stands and carries an id of its own, so what nobody answered for is told again. As many as the core's
window allows are on their way at once, each of another line, called from threads that touch no database.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from lib import clock
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.http import refuse_inside_transaction
from provisioning import claims, recording
from provisioning.core import core
from provisioning.core.protocol import Accepted, Core, Instruction
from provisioning.models import OPEN_STATES, Command
from provisioning.recording import Answered

#: How long the oldest command may wait before our people hear of it.
PATIENCE = timedelta(minutes=15)


def deliver() -> int:
    """Tell what is due, a window at a time, until nothing is left, or nothing of a window gets through: the next sweep tries again.
    Returns how many were claimed.
    """
    refuse_inside_transaction()
    there, total = core(), 0
    with ThreadPoolExecutor(there.window) as pool:
        while batch := claims.claim(there.window):
            failpoint("provisioning.claimed")
            answered = list(pool.map(lambda command: _told(there, command), batch))
            failpoint("provisioning.told")
            recording.record(answered)
            total += len(batch)
            if not any(one.is_over for one in answered):
                break
    return total


def _told(there: Core, command: Command) -> Answered:
    answer: Accepted | Exception
    try:
        answer = there.apply(
            Instruction(
                id=command.pk,
                line_id=command.line_id,
                msisdn=command.msisdn,
                kind=command.kind,
                payload=command.payload,
            )
        )
    except Exception as error:  # noqa: BLE001  an answer like any other, read by `recording`
        answer = error
    return Answered(command, answer)


def watch() -> None:
    """Tell our people once when commands wait for longer than `PATIENCE`."""
    waiting = Command.objects.filter(state__in=OPEN_STATES, created_at__lte=clock.real_now() - PATIENCE)
    if oldest := waiting.order_by("sequence").first():
        detail = f"the oldest since {oldest.created_at:%Y-%m-%d %H:%M} UTC: {oldest.error_code or 'not tried'}"
        alarm("provisioning.behind", subject="core", detail=detail, once=True)
