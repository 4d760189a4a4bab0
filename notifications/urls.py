"""Addresses of messages."""

from django.urls import path

from notifications import views, webhooks

urlpatterns = [
    path("messages/off/<str:token>/", views.turn_off, name="turn_off"),
    path("webhooks/sms/<slug:provider>/", webhooks.sms_report, name="sms_report"),
    path("webhooks/mail/", webhooks.mail_report, name="mail_report"),
]
