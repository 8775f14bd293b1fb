from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from data.registry import Registry
from kiosk.audit import AuditLog, Line, lines
from kiosk.clock import Clock

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
"""Of no use: it stands here for everybody to read."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = Registry.create(tmp_path / "registry.db", {})
    yield registry
    registry.close()


@pytest.fixture
def head(tmp_path: Path) -> Path:
    return tmp_path / "audit.head"


@pytest.fixture
def log(registry: Registry, head: Path) -> AuditLog:
    return AuditLog(registry, KEY, head, Clock())


def write(log: AuditLog, registry: Registry, count: int) -> list[Line]:
    """Append lines, each in a step of its own; give all that the registry then holds."""
    for n in range(count):
        with log.step(registry):
            log.append("test.line", request=n, certificate=None, reason="superseded", tries=n)
    return list(lines(registry))
