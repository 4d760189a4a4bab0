from plans.admin import catalogue, gifts, groups, periods

__all__ = ["catalogue", "gifts", "groups", "periods"]
