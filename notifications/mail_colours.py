"""The colours of the pages for mail programs, which know no `oklch()` and no variables: the operator's hue as sRGB hex."""

import math
from functools import cache

from lib.brand import brand

#: As in static/css/tokens.css: (lightness, chroma, hue) on light and on dark; None stands for the brand's own.
_TOKENS: dict[str, tuple[tuple[float, float | None, float | None], tuple[float, float | None, float | None]]] = {
    "paper": ((0.986, 0.004, 95), (0.175, 0.012, 235)),
    "card": ((1, 0, 0), (0.215, 0.014, 235)),
    "line": ((0.91, 0.008, 95), (0.31, 0.016, 235)),
    "ink": ((0.23, 0.02, 240), (0.95, 0.006, 95)),
    "soft": ((0.46, 0.018, 240), (0.75, 0.014, 235)),
    "brand_deep": ((0.33, 0.07, None), (0.27, 0.05, None)),
    "deep_ink": ((0.97, 0.01, None), (0.97, 0.01, None)),
    "deep_soft": ((0.86, 0.03, None), (0.86, 0.03, None)),
    "deep_button": ((0.92, 0.09, None), (0.92, 0.09, None)),
    "deep_button_ink": ((0.24, 0.05, None), (0.24, 0.05, None)),
}


@cache
def mail_colours() -> dict[str, dict[str, str]]:
    """`{"light": {"paper": "#fbfaf7", …}, "dark": {…}}`."""
    return {
        scheme: {name: _hex(*pair[place]) for name, pair in _TOKENS.items()}
        for place, scheme in enumerate(("light", "dark"))
    }


def _hex(lightness: float, chroma: float | None, hue: float | None) -> str:
    own_hue, own_chroma = brand().colour
    return srgb(lightness, own_chroma if chroma is None else chroma, own_hue if hue is None else hue)


def srgb(lightness: float, chroma: float, hue: float) -> str:
    """OKLCH as sRGB hex, what lies outside cut off (CSS Color 4, section 18; matrices of B. Ottosson, 2020). `hue` in degrees."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{_channel(part):02x}" for part in linear)


def _channel(linear: float) -> int:
    curved = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return max(0, min(255, round(255 * curved)))
