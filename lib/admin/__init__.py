from lib.admin import alarms, audits

__all__ = ["alarms", "audits"]
