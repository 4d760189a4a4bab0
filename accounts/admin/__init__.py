from accounts.admin import lines, subscribers

__all__ = ["lines", "subscribers"]
