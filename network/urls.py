"""Addresses of what lines used, and one for the operator's own systems."""

from django.urls import path

from network import views
from network.pages import views as pages

urlpatterns = [
    path("network/usage/", views.usage, name="usage_in"),
    path("usage/", pages.of_current_line, name="usage"),
    path("lines/<uuid:line_id>/usage/", pages.usage, name="line_usage"),
    path("lines/<uuid:line_id>/usage/records/", pages.records, name="usage_records"),
    path("lines/<uuid:line_id>/usage/records.csv", pages.records_csv, name="usage_records_csv"),
    path("lines/<uuid:line_id>/usage/allowances/<uuid:allowance_id>/", pages.allowance, name="usage_allowance"),
]
