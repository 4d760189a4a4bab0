from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Money")

    def ready(self) -> None:
        from billing.receipts.files import attachment
        from notifications import attachments

        attachments.register("receipt", attachment)
