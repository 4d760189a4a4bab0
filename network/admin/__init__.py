from network.admin import files

__all__ = ["files"]
