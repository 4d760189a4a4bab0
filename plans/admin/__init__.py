from plans.admin import catalogue, gifts, periods

__all__ = ["catalogue", "gifts", "periods"]
