"""Where somebody is signed in."""

from collections.abc import Iterable
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from accounts.models import Subscriber


def end_all(subscriber: Subscriber) -> None:
    """Sign `subscriber` out everywhere."""
    for session in UserSession.objects.filter(user=subscriber):
        session.end()


def forget_all(subscriber: Subscriber) -> None:
    """Addresses and browsers go with the caller's transaction; whoever is signed in is signed out once it is committed."""
    rows = UserSession.objects.filter(user=subscriber)
    keys = list(rows.values_list("session_key", flat=True))
    rows.delete()
    transaction.on_commit(lambda: _end(keys), robust=True)


def _end(keys: Iterable[str]) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for key in keys:
        store.delete(key)
