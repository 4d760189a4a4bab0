from accounts.models.claim import LineClaim
from accounts.models.consent import Consent
from accounts.models.erasure import ErasureRequest
from accounts.models.line import IdentityCheck, Line, LineOwnership, LineQuerySet, LineState
from accounts.models.sign_in_change import SignInChange, SignInPart
from accounts.models.sim import Sim, SimKind
from accounts.models.subscriber import Subscriber

__all__ = [
    "Consent",
    "ErasureRequest",
    "IdentityCheck",
    "Line",
    "LineClaim",
    "LineOwnership",
    "LineQuerySet",
    "LineState",
    "SignInChange",
    "SignInPart",
    "Sim",
    "SimKind",
    "Subscriber",
]
