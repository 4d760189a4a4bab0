from lib.admin import alarms

__all__ = ["alarms"]
