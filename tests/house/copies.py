"""Copies of the project in folders of their own, to run commands in and to break."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LEFT_OUT = (".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis", "node_modules")


def copy_project(to: Path) -> Path:
    """Everything a clone has, and the same virtual environment."""
    shutil.copytree(ROOT, to, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True)
    (to / ".venv").symlink_to((ROOT / ".venv").resolve())
    return to
