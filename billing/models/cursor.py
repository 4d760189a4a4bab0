"""How far the gateway's own lists have been read."""

from django.db import models


class GatewayCursor(models.Model):
    """`position` is the id of the last object read, in the gateway's order; `moved_at` when."""

    name = models.CharField(max_length=40, primary_key=True)
    position = models.CharField(max_length=120, blank=True)
    reached_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} {self.position}"
