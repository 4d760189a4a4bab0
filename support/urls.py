"""Addresses of help."""

from django.urls import path

from support import webhooks
from support.views import answers, asking, tickets

urlpatterns = [
    path("contact/", answers.first, name="contact"),
    path("help/", answers.first, name="help"),
    path("help/articles/<slug:slug>/", answers.article, name="help_article"),
    path("help/new/", asking.new, name="help_new"),
    path("help/tickets/<uuid:ticket_id>/", tickets.ticket, name="ticket"),
    path("help/tickets/<uuid:ticket_id>/reply/", tickets.reply, name="ticket_reply"),
    path("help/tickets/<uuid:ticket_id>/solved/", tickets.solve, name="ticket_solve"),
    path("help/questions/<str:token>/", tickets.guest_ticket, name="guest_ticket"),
    path("help/questions/<str:token>/reply/", tickets.guest_reply, name="guest_ticket_reply"),
    path("help/questions/<str:token>/solved/", tickets.guest_solve, name="guest_ticket_solve"),
    path("webhooks/replies/", webhooks.mail_reply, name="mail_reply"),
]
