"""Where somebody finds what they paid for another's number: a page that needs no account, only the code in its address.

The code is made from the row and the secret key, and kept as a hash: who reads the database cannot open the page.
"""

import base64
import hashlib
import hmac
import secrets

from django.conf import settings
from django.urls import reverse

from billing.models import GuestTopUp, Order


def new_code(form_token: str) -> str:
    """The code of what a form with this token becomes: 192 bits, the same for a second click."""
    return _made(settings.SECRET_KEY, form_token)


def hash_of(code: str) -> bytes:
    """What is kept of it."""
    return hashlib.sha256(code.encode()).digest()


def code_of(top_up: GuestTopUp) -> str:
    """The code again, under whichever key it was made; empty when that key is gone."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        code = _made(key, str(top_up.form_token))
        if secrets.compare_digest(hash_of(code), bytes(top_up.code_hash)):
            return code
    return ""


def page_of(top_up: GuestTopUp) -> str:
    """The whole address of its payer's page; the start page when the code cannot be made any more."""
    code = code_of(top_up)
    return settings.PORTAL_ORIGIN + (reverse("top_up_for_other", args=[code]) if code else reverse("landing"))


def page_of_order(order: Order) -> str:
    """The same, for the order it became."""
    return page_of(order.guest_top_up)


def _made(key: str, form_token: str) -> str:
    digest = hmac.new(key.encode(), b"top-up for another:" + form_token.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()
