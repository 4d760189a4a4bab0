from plans.admin import catalogue, groups, periods

__all__ = ["catalogue", "groups", "periods"]
