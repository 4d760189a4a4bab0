from network.admin import files, top_ups

__all__ = ["files", "top_ups"]
