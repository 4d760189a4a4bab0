"""Addresses of a line's SIMs; the links of SMS and e-mail are short."""

from django.urls import path

from accounts.devices.views import cards, esims, number, swaps

urlpatterns = [
    path("devices/", cards.devices, name="devices"),
    path("devices/internet/", cards.internet, name="internet_settings"),
    path("devices/number/", number.number, name="number_lock"),
    path("devices/number/<uuid:line_id>/unlock/", number.unlock, name="number_unlock"),
    path("devices/number/<uuid:line_id>/lock/", number.lock, name="number_lock_again"),
    path("devices/number/<uuid:line_id>/code/", number.port_code, name="port_code"),
    path("devices/esim/", esims.order, name="esim_order"),
    path("devices/esim/<uuid:order_id>/", esims.show, name="esim"),
    path("devices/esim/<uuid:order_id>/installed/", esims.installed, name="esim_installed"),
    path("devices/swaps/<uuid:swap_id>/cancel/", swaps.cancel, name="swap_cancel"),
    path("devices/<uuid:sim_id>/lost/", cards.lost, name="sim_lost"),
    path("devices/<uuid:sim_id>/unblock/", cards.unblock, name="sim_unblock"),
    path("devices/<uuid:sim_id>/name/", cards.name, name="sim_name"),
    path("devices/<uuid:sim_id>/remove/", cards.remove, name="sim_remove"),
    path("devices/<uuid:sim_id>/puk/", cards.show_puk, name="sim_puk"),
    path("devices/<uuid:sim_id>/swap/", swaps.swap, name="sim_swap"),
    path("devices/<uuid:sim_id>/swap/code/", swaps.send_code, name="sim_swap_code"),
    path("v/<str:token>/", swaps.veto, name="swap_veto"),
]
