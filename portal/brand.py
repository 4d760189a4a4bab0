"""The operator's name and contact for every page."""

from typing import Any

from django.http import HttpRequest

from lib.brand import brand


def brand_context(_request: HttpRequest) -> dict[str, Any]:
    """`brand` in every template."""
    return {"brand": brand()}
