from plans.admin import catalogue, periods

__all__ = ["catalogue", "periods"]
