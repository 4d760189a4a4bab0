"""Pages whose button wants the password once more; looking at them does not."""

from collections.abc import Callable
from typing import TypeVar

from allauth.account.decorators import reauthentication_required
from django.http import HttpResponse

_View = TypeVar("_View", bound=Callable[..., HttpResponse])


def proven_to_post(view: _View) -> _View:
    """What was sent is kept while the password is typed, and then done."""
    proven: _View = reauthentication_required(allow_get=True)(view)
    return proven
