from provisioning.admin import commands, differences

__all__ = ["commands", "differences"]
