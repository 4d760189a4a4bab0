"""The Celery application: which queue each task takes, and the whole schedule in one table.

Postgres holds what is to be done; a beat only wakes the sweep that looks. Any row here may run twice, late, or on two hosts.
"""

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

#: task name -> queue. A test checks that every registered task of ours stands here.
ROUTES: dict[str, str] = {
    "billing.handle_event": "money",
    "billing.fulfil": "money",
    "billing.follow_refund": "money",
    "billing.follow_dispute": "money",
    "billing.follow_transfers": "money",
    "billing.end_transfer": "money",
    "billing.remind_transfers": "notify",
    "billing.find_lost_page": "money",
    "billing.follow_transfer_return": "money",
    "billing.finish_saving": "money",
    "billing.follow_method": "money",
    "billing.forget_method": "money",
    "billing.sweep_methods": "money",
    "billing.method_ended": "money",
    "billing.stop_for_former_owners": "money",
    "billing.look_after_methods": "notify",
    "billing.learn_abilities": "money",
    "billing.number_receipts": "notify",
    "billing.number_all_receipts": "notify",
    "billing.draw_receipts": "notify",
    "billing.sweep_disputes": "money",
    "billing.sweep_events": "money",
    "billing.sweep_charges": "money",
    "billing.follow_top_up": "money",
    "billing.sweep_top_ups_for_others": "money",
    "billing.sweep_renewals": "money",
    "billing.sweep_auto_top_ups": "money",
    "billing.sweep_queue_changes": "money",
    "billing.announce_prices": "notify",
    "billing.announce_renewals": "notify",
    "billing.sweep_payments": "money",
    "billing.sweep_orders": "money",
    "billing.sweep_vouchers": "money",
    "billing.read_events": "money",
    "billing.reconcile": "money",
    "provisioning.deliver": "network",
    "provisioning.sweep": "network",
    "plans.compare_with_core": "network",
    "plans.follow_gifts": "money",
    "plans.sweep_gifts": "money",
    "plans.look_after_groups": "notify",
    "plans.expire_asks": "notify",
    "notifications.deliver_now": "notify-now",
    "notifications.deliver": "notify",
    "notifications.sweep": "notify",
    "notifications.forget_secrets": "notify",
    "billing.remind_of_ends": "notify",
    "billing.sweep_lines": "notify",
    "network.turn_months": "usage",
    "support.sweep_late_orders": "money",
    "support.put_tickets_away": "notify",
    "accounts.forget_unverified": "notify",
    "accounts.decide_claims": "notify",
    "accounts.prepare_esim": "network",
    "accounts.sweep_esims": "network",
    "accounts.sweep_swaps": "network",
    "portal.erase_accounts": "notify",
    "lib.mail_alarms": "notify",
    "lib.heartbeat": "money",
}

#: name of the sweep -> how often, in seconds.
SCHEDULE: dict[str, float] = {
    "billing.sweep_disputes": 3600,
    "billing.learn_abilities": 300,
    "billing.number_receipts": 15,
    "billing.number_all_receipts": 86400,
    "billing.draw_receipts": 15,
    "billing.sweep_events": 15,
    "billing.sweep_charges": 15,
    "billing.sweep_top_ups_for_others": 15,
    "billing.sweep_renewals": 60,
    "billing.sweep_auto_top_ups": 15,
    "billing.sweep_queue_changes": 15,
    "billing.announce_prices": 3600,
    "billing.announce_renewals": 3600,
    "billing.sweep_payments": 15,
    "billing.sweep_methods": 60,
    "billing.stop_for_former_owners": 600,
    "billing.look_after_methods": 3600,
    "billing.sweep_orders": 60,
    "billing.sweep_vouchers": 3600,
    "billing.remind_transfers": 3600,
    "billing.read_events": 900,
    "billing.reconcile": 900,  # looks whether the night's comparison is due
    "provisioning.sweep": 15,
    "plans.compare_with_core": 86400,
    "plans.sweep_gifts": 60,
    "plans.look_after_groups": 60,
    "plans.expire_asks": 60,
    "notifications.deliver_now": 15,
    "notifications.sweep": 15,
    "notifications.forget_secrets": 60,
    "billing.remind_of_ends": 60,
    "billing.sweep_lines": 300,
    "network.turn_months": 86400,
    "support.sweep_late_orders": 30,
    "support.put_tickets_away": 3600,
    "accounts.forget_unverified": 3600,
    "accounts.decide_claims": 60,
    "accounts.sweep_esims": 15,
    "accounts.sweep_swaps": 60,
    "portal.erase_accounts": 3600,
    "lib.mail_alarms": 60,
    "lib.heartbeat": 15,
}

app.conf.task_routes = {name: {"queue": queue} for name, queue in ROUTES.items()}
app.conf.task_default_queue = "notify"
_beat: dict[str, Any] = {
    name: {"task": name, "schedule": seconds, "options": {"expires": seconds}} for name, seconds in SCHEDULE.items()
}
app.conf.beat_schedule = _beat
