"""A line of Anna's, the zones, and a way to load rows as a file."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

Load = Callable[..., Any]


@pytest.fixture
def line(db: None) -> Any:
    from tests.cast import anna
    from tests.plans.conftest import load_the_catalogue

    load_the_catalogue()
    return anna().lines[0]


@pytest.fixture
def load(tmp_path: Path, db: None) -> Load:
    """Writes the rows into a file and loads it; the file's row as it is afterwards."""
    from network import loading
    from tests.network.writing import NOW, as_csv

    def write_and_load(rows: Iterable[str] | bytes, *, name: str = "usage.csv", now: Any = NOW) -> Any:
        path = tmp_path / name
        path.write_bytes(rows if isinstance(rows, bytes) else as_csv(rows))
        list(loading.load(path, source="test", now=now))
        return loading.known(path, source="test")

    return write_and_load
