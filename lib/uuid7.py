"""Postgres 18's own `uuidv7()` (RFC 9562) as a column default: ids that sort by time."""

from django.db import models


class uuid7(models.Func):  # noqa: N801  reads as the SQL function it is
    function = "uuidv7"
    arity = 0
    output_field = models.UUIDField()
