"""One authority for all tests of this package; nothing here changes it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk.authority.embedded import CertificateRequest, EmbeddedAuthority
from kiosk.authority.keystore import Keystore
from kiosk.config import load_state
from kiosk.lifecycle.keys import make_rsa_key, signing_request
from kiosk.pki import vid
from kiosk.secret import Secret
from tests.conftest import ID_NUMBER, TODAY

RANDOM = Secret(bytes(range(20)))


@pytest.fixture(scope="session")
def authority(practice_state: Path) -> EmbeddedAuthority:
    state = load_state(practice_state)
    return EmbeddedAuthority(state, Keystore(state.keys, None))


@pytest.fixture(scope="session")
def subscriber_key() -> rsa.RSAPrivateKey:
    return make_rsa_key()


@pytest.fixture
def ask(subscriber_key: rsa.RSAPrivateKey) -> Callable[..., CertificateRequest]:
    """Make requests: the usual one, with some of it changed."""

    def make(**changes: Any) -> CertificateRequest:
        usual = {
            "csr": signing_request(subscriber_key), "profile": "personal-general", "name": "홍길동",
            "vid": vid.vid(Secret(ID_NUMBER), RANDOM), "level": "verified", "moment": TODAY,
        }  # fmt: skip
        return CertificateRequest(**{**usual, **changes})

    return make
