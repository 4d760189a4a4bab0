from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    name = "support"
    verbose_name = _("Help")

    def ready(self) -> None:
        from billing.order_pages import beside
        from support.pages.beside_order import ticket_of_order

        beside.register(ticket_of_order)
