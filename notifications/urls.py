"""Addresses of messages."""

from django.urls import path

from notifications import webhooks

urlpatterns = [
    path("webhooks/sms/<slug:provider>/", webhooks.sms_report, name="sms_report"),
]
