from network.models.day import UsageDay
from network.models.file import UsageFile, UsageFileState, UsageRowError
from network.models.paid import UsageCreditCharge
from network.models.record import UsageCharge, UsageRecord

__all__ = [
    "UsageCharge",
    "UsageCreditCharge",
    "UsageDay",
    "UsageFile",
    "UsageFileState",
    "UsageRecord",
    "UsageRowError",
]
