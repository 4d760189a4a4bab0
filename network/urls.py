"""Addresses for the operator's own systems."""

from django.urls import path

from network.views import top_ups, usage

urlpatterns = [
    path("network/usage/", usage.usage, name="usage_in"),
    path("network/top-ups/", top_ups.top_up, name="top_up_in"),
    path("network/top-ups/reversals/", top_ups.reversal, name="top_up_reversal_in"),
]
