"""Addresses of what lines used, and one for the operator's own systems."""

from django.urls import path

from network.pages import views as pages
from network.views import top_ups, usage

urlpatterns = [
    path("network/usage/", usage.usage, name="usage_in"),
    path("network/top-ups/", top_ups.top_up, name="top_up_in"),
    path("network/top-ups/reversals/", top_ups.reversal, name="top_up_reversal_in"),
    path("usage/", pages.of_current_line, name="usage"),
    path("lines/<uuid:line_id>/usage/", pages.usage, name="line_usage"),
    path("lines/<uuid:line_id>/usage/records/", pages.records, name="usage_records"),
    path("lines/<uuid:line_id>/usage/records.csv", pages.records_csv, name="usage_records_csv"),
    path("lines/<uuid:line_id>/usage/allowances/<uuid:allowance_id>/", pages.allowance, name="usage_allowance"),
]
