"""How the cast shows once more who they are, and pictures of the pages on the way."""

import os
from pathlib import Path

from tests.stack.walking import Walker

#: the cast's
PASSWORD = "correct horse battery"
#: a folder to keep screenshots in
SHOTS = os.environ.get("LOOKSHOTS")


def look(walker: Walker, name: str) -> None:
    if SHOTS:
        walker.page.screenshot(path=Path(SHOTS) / f"walk-{name}.png", full_page=True)


def says_who(walker: Walker) -> None:
    walker.sees("Type your password once more")
    walker.page.locator("input[name=password]").fill(PASSWORD)
    walker.press("Continue")
