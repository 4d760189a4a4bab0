"""SMS by one provider, or by the other one when it fails: what was surely not accepted is offered to the second at once; a provider
that keeps failing is left alone for a minute.
"""

import structlog
from django.core.cache import cache

from lib.limits import Cap, over
from notifications.channels.http_sms import HttpSmsChannel, configured
from notifications.channels.protocol import Accepted, Letter, OutcomeUnknown, Refused

log = structlog.get_logger(__name__)

#: So many failures within a minute, and it is left alone for a minute.
_FAILURES, _SECONDS = 5, 60


class SmsChannel:
    """See `notifications.channels.protocol.CarrierOfMessages`."""

    def __init__(self) -> None:
        self._ways = {provider.name: HttpSmsChannel(provider) for provider in configured()}
        self.window = max((way.window for way in self._ways.values()), default=1)

    def carry(self, letter: Letter) -> Accepted:
        refusal = Refused("unreachable", permanent=False)
        for name in self._in_order():
            try:
                return self._ways[name].carry(letter)
            except OutcomeUnknown as error:
                _note_failure(name)
                raise OutcomeUnknown(error.code, by=name) from error
            except Refused as error:
                refusal = Refused(error.code, permanent=error.permanent, by=name)
                if error.permanent:
                    raise refusal from error
                _note_failure(name)
        raise refusal

    def _in_order(self) -> list[str]:
        """Those that work before those that do not; the latter are tried when nothing else is left."""
        failing = set(cache.get_many([_off(name) for name in self._ways]))
        return sorted(self._ways, key=lambda name: _off(name) in failing)


def _note_failure(name: str) -> None:
    if over(Cap("sms_failing", _FAILURES - 1, _SECONDS), name) and cache.add(_off(name), 1, timeout=_SECONDS):
        log.warning("sms.provider_left_alone", provider=name, seconds=_SECONDS)


def _off(name: str) -> str:
    return f"sms:off:{name}"
