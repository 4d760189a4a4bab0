"""Errors as Stripe words them (docs.stripe.com/api/errors)."""

from typing import Any


class Refusal(Exception):
    """Answered as an error object. `keeps_effects`: what was written before it stays, as with a declined card."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        keeps_effects: bool = False,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.keeps_effects = keeps_effects
        self.error: dict[str, Any] = {"type": kind, "message": message}
        if code:
            self.error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
        if param:
            self.error["param"] = param
        self.error |= extra or {}


class ParameterRefusal(Refusal):
    """The request did not reach its endpoint, so no answer is kept under its idempotency key."""


def unknown_object(kind: str, object_id: str, *, param: str = "id") -> Refusal:
    """404 for the address of an object, 400 for a parameter that names one."""
    is_address = param == "id"
    return Refusal(
        f"No such {kind}: '{object_id[:200]}'",
        status=404 if is_address else 400,
        code="resource_missing",
        param="intent" if is_address and kind == "payment_intent" else param,
    )
