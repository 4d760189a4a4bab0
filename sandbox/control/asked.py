"""What a control was asked, checked before anything happens."""

from typing import Any

from flask import request

from sandbox.posted import posted
from sandbox.stripe_api.refusals import Refusal


def asked(**kinds: type) -> dict[str, Any]:
    """The JSON body, or nothing, with each field of its kind. Raises Refusal."""
    body = posted() if request.get_data() else {}
    if not isinstance(body, dict) or set(body) - set(kinds):
        raise Refusal(f"Send a JSON object with {', '.join(kinds)}.")
    for name, value in body.items():
        if not isinstance(value, kinds[name]) or (kinds[name] is int and isinstance(value, bool)):
            raise Refusal(f"{name} must be of type {kinds[name].__name__}.")
    return body


def needed(body: dict[str, Any], name: str) -> Any:
    """A field that cannot be left out. Raises Refusal."""
    if name not in body:
        raise Refusal(f"{name} is missing.")
    return body[name]
