"""How many a seller may hand in at once: a system that repeats itself for ever holds nobody else up."""

from django.conf import settings
from redis.exceptions import RedisError

from lib import limits
from lib.limits import Cap


def is_over(source: str) -> bool:
    """Count one more of `source`. While nothing can be counted, nobody is refused: a sale matters more."""
    cap = Cap("top_ups", settings.TOP_UPS_PER_MINUTE, 60)
    try:
        return limits.over(cap, source)
    except RedisError:
        return False
