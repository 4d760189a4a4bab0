"""The operator's core, as this installation reaches it."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from provisioning.core.cards import Cards
from provisioning.core.protocol import Core


@cache
def core() -> Core:
    """The adapter that setting `CORE_ADAPTER` names."""
    made: Core = import_string(settings.CORE_ADAPTER)()
    return made


@cache
def cards() -> Cards:
    """The adapter that setting `CARDS_ADAPTER` names."""
    made: Cards = import_string(settings.CARDS_ADAPTER)()
    return made
