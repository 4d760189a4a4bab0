"""Puts our admin site in place of Django's; apart from the site itself, which needs the models to be loaded."""

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    default_site = "portal.admin_site.PortalAdminSite"
