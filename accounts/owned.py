"""Which rows of a line happened while it was somebody's."""

from django.db.models import Q

from accounts.models import LineOwnership, Subscriber


def while_owned(subscriber: Subscriber, at: str, *, line: str = "line_id") -> Q:
    """Rows of lines while they were this person's: `at` names the time, `line` the line of a row."""
    found = Q(pk__in=[])
    for own in ownerships(subscriber):
        theirs = Q(**{line: own.line_id, f"{at}__gte": own.from_at})
        found |= theirs & Q(**{f"{at}__lt": own.until_at}) if own.until_at else theirs
    return found


def stretch_owned(subscriber: Subscriber, begins: str, ends: str) -> Q:
    """As `while_owned` for what lasts: it began before the line went, and ended after it came; one without an end lasts."""
    found = Q(pk__in=[])
    for own in ownerships(subscriber):
        theirs = Q(line=own.line_id) & (Q(**{f"{ends}__gt": own.from_at}) | Q(**{ends: None}))
        found |= theirs & Q(**{f"{begins}__lt": own.until_at}) if own.until_at else theirs
    return found


def ownerships(subscriber: Subscriber) -> list[LineOwnership]:
    """All of a person's, the ended ones too."""
    return list(subscriber.ownerships.select_related("line").order_by("from_at"))
