from network.admin import days, files

__all__ = ["days", "files"]
