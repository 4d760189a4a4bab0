"""How far the gateway's own lists have been read."""

from django.db import models


class GatewayCursor(models.Model):
    """`reached_at`: everything the gateway dates before it has been read; `moved_at`: when somebody last began or went on, both real
    time. `position`: where there is more to say than a moment, such as the day of the last nightly comparison.
    """

    name = models.CharField(max_length=40, primary_key=True)
    position = models.CharField(max_length=120, blank=True)
    reached_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} {self.position}"
