"""Every address of the portal."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from portal.health import Health, WorkerHealth
from portal.pages import advice, dashboard, information, landing, leaving, my_data, plan_list
from portal.staff.views import invitation

urlpatterns: list[URLPattern | URLResolver] = [
    path("", landing.landing, name="landing"),
    path("home/", dashboard.dashboard, name="dashboard"),
    path("plans/", plan_list.plan_list, name="plan_list"),
    path("advice/", advice.advice, name="advice"),
    path("terms/", information.legal, {"kind": "terms"}, name="terms"),
    path("privacy/", information.legal, {"kind": "privacy"}, name="privacy"),
    path("imprint/", information.legal, {"kind": "imprint"}, name="imprint"),
    path("language/", set_language, name="set_language"),
    path("", include("support.urls")),
    path("", include("billing.urls")),
    path("", include("plans.urls")),
    path("", include("notifications.urls")),
    path("", include("accounts.devices.urls")),
    path("account/data/", my_data.my_data, name="my_data"),
    path("account/delete/", leaving.leave, name="account_delete"),
    path("account/delete/keep/<str:token>/", leaving.keep, name="account_keep"),
    path("account/", include("accounts.urls")),
    path("", include("network.urls")),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("staff/invitation/", invitation, name="staff_invitation"),
    path("healthz", Health.as_view(), name="healthz"),
    path("healthz/worker", WorkerHealth.as_view(), name="healthz_worker"),
]

if not settings.PRODUCTION:
    from portal import gallery

    urlpatterns.append(path("gallery/", gallery.page, name="gallery"))

if settings.CLOCK_FILE:
    from portal.demo import clock_step

    urlpatterns.append(path("clock/step/", clock_step.step, name="clock_step"))
