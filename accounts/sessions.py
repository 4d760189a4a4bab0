"""Where somebody is signed in."""

from allauth.usersessions.models import UserSession

from accounts.models import Subscriber


def end_all(subscriber: Subscriber) -> None:
    """Sign `subscriber` out everywhere."""
    for session in UserSession.objects.filter(user=subscriber):
        session.end()
