from accounts.models.claim import LineClaim
from accounts.models.consent import Consent
from accounts.models.erasure import ErasureRequest
from accounts.models.line import IdentityCheck, Line, LineOwnership, LineQuerySet, LineState
from accounts.models.porting import NumberUnlock, PortOutCode
from accounts.models.sign_in_change import SignInChange, SignInPart
from accounts.models.sim import (
    DeviceKind,
    EsimOrder,
    EsimOrderState,
    Sim,
    SimDeed,
    SimEvent,
    SimKind,
    SimState,
)
from accounts.models.subscriber import Subscriber
from accounts.models.swap import SimSwap, SwapProof, SwapState

__all__ = [
    "Consent",
    "DeviceKind",
    "ErasureRequest",
    "EsimOrder",
    "EsimOrderState",
    "IdentityCheck",
    "Line",
    "LineClaim",
    "LineOwnership",
    "LineQuerySet",
    "LineState",
    "NumberUnlock",
    "PortOutCode",
    "SignInChange",
    "SignInPart",
    "Sim",
    "SimDeed",
    "SimEvent",
    "SimKind",
    "SimState",
    "SimSwap",
    "Subscriber",
    "SwapProof",
    "SwapState",
]
