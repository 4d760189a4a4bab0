"""The operator's core, as this installation reaches it."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from provisioning.core.protocol import Core


@cache
def core() -> Core:
    """The adapter that setting `CORE_ADAPTER` names."""
    made: Core = import_string(settings.CORE_ADAPTER)()
    return made
