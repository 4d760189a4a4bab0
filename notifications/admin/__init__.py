from notifications.admin import messages, suppressions

__all__ = ["messages", "suppressions"]
