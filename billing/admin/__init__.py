from billing.admin import inbox, ledger, orders, payments, reviews, vat

__all__ = ["inbox", "ledger", "orders", "payments", "reviews", "vat"]
