from network.admin import days, files, top_ups

__all__ = ["days", "files", "top_ups"]
