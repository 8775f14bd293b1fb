from collections.abc import Iterator
from pathlib import Path

import pytest

from data.registry import Registry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


@pytest.fixture
def registry(path: Path) -> Iterator[Registry]:
    registry = Registry.create(path, {"practice": "yes", "kiosk_id": "kiosk-7"})
    yield registry
    registry.close()
