"""An activation code as a picture."""

import segno
from django.utils.safestring import SafeString, mark_safe

from accounts.devices.esim import ActivationCode


def picture(code: ActivationCode) -> SafeString:
    """As SVG (ISO/IEC 18004 by segno), dark on white by its sheet: scanners want that in dark mode, too. Its letters were checked when the core
    told them.
    """
    made = segno.make(code.text, error="m", boost_error=False, micro=False)
    return mark_safe(made.svg_inline(omitsize=True, border=4))  # noqa: S308  of an alphabet without markup
