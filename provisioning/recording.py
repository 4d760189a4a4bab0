"""How a claim ended, written down: accepted, to be told again, or refused for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from lib import clock
from lib.alarm import alarm
from provisioning import claims
from provisioning.core.protocol import Accepted, CoreProblem, Refused
from provisioning.models import Command, CommandState

log = structlog.get_logger(__name__)

SHORTEST_WAIT = 5
#: Short enough that a line is told soon after a long outage; few are tried while it has trouble (`delivery.deliver`).
LONGEST_WAIT = 60


@dataclass(frozen=True)
class Answered:
    """A command that was told, and what came back."""

    command: Command
    answer: Accepted | Exception

    @property
    def is_over(self) -> bool:
        """The core has dealt with it, one way or the other."""
        return isinstance(self.answer, Accepted) or (isinstance(self.answer, Refused) and self.answer.permanent)


def record(answered: Sequence[Answered]) -> None:
    """Everything the core has said to commands that were claimed together, the accepted ones in one statement."""
    accepted = [one.command for one in answered if isinstance(one.answer, Accepted)]
    if accepted:
        _end(accepted, CommandState.ACCEPTED, accepted_at=clock.now(), error_code="")
    for one in answered:
        match one.answer:
            case Refused(permanent=True) as error:
                _refused_for_good(one.command, error)
            case CoreProblem() as error:
                _again(one.command, error.code)
            case Exception() as error:  # a mistake of the adapter, which is no news of the command
                alarm("provisioning.broken", subject="core", detail=type(error).__name__, once=True)
                _again(one.command, type(error).__name__)


def _again(command: Command, code: str) -> None:
    wait = timedelta(seconds=min(SHORTEST_WAIT * 2**command.attempts, LONGEST_WAIT))
    log.warning("provisioning.again", command_id=str(command.pk), reason=code, attempts=command.attempts)
    _end([command], CommandState.DUE, next_try_at=clock.real_now() + wait, error_code=code[:60])


def _refused_for_good(command: Command, error: Refused) -> None:
    if _end([command], CommandState.FAILED, error_code=error.code):
        alarm("provisioning.refused", subject=f"command:{command.pk}", detail=f"{command.kind} {error.code}")


def _end(commands: Sequence[Command], state: CommandState, **fields: object) -> int:
    """How the claims ended. Those that are not ours any more stay as they are. Returns how many were."""
    ended = claims.ours(commands).update(state=state, **fields)
    if ended < len(commands):
        log.warning("provisioning.answered_late", count=len(commands) - ended, state=str(state))
    return ended
