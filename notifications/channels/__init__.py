"""The ways out: SMS by the configured carrier, e-mail by Django's mail backend."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.channels.email import EmailCarrier
from notifications.channels.protocol import CarrierOfMessages
from notifications.kinds import Channel


@cache
def carrier(channel: str) -> CarrierOfMessages:
    """The carrier of `channel` in this installation."""
    if channel == Channel.EMAIL:
        return EmailCarrier()
    made: CarrierOfMessages = import_string(settings.SMS_CHANNEL)()
    return made
