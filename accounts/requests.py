"""Requests whose reader is known."""

from django.http import HttpRequest

from accounts.models import Subscriber


class SignedInRequest(HttpRequest):
    """What a view behind `login_required` gets."""

    user: Subscriber
