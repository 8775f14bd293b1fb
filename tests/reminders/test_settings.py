from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.config import State, load_state
from kiosk.errors import KioskError
from kiosk.reminders.gateway import Gateway
from kiosk.reminders.mail import Mail
from kiosk.reminders.outbox import PracticeOutbox
from kiosk.reminders.settings import Settings, load_settings
from kiosk.reminders.spool import Spool
from tests.reminders.tls import trust

Load = Callable[[str], Settings]
SPOOL = '[spool]\noutbox = "/a"\nsent = "/b"\nerror = "/c"\n'
MAIL = '[mail]\nhost = "mail.example.kr"\nsender = "kiosk@example.kr"\n'


@pytest.fixture
def found(state: Path) -> State:
    return load_state(state)


@pytest.fixture
def load(found: State, tmp_path: Path) -> Load:
    """Load these settings for a real state; `@` is a directory with a key file."""
    (tmp_path / "key").write_text("k3y\n")
    trust(tmp_path / "tls")

    def run(text: str) -> Settings:
        found.reminders.write_text(
            text.replace("@", str(tmp_path)).replace("kiosk" + str(tmp_path), "kiosk@")
        )
        return load_settings(replace(found, practice=False))

    return run


def kinds(settings: Settings) -> list[type]:
    return [type(channel) for channel in settings.channels[:-1]]


def test_what_is_not_configured_is_not_there(found: State, load: Load) -> None:
    assert load_settings(replace(found, practice=False)).ways == {"call"} - {"call"}
    assert [channel.name for channel in load("").channels] == ["call"]


def test_practice_puts_the_rest_into_its_outbox(found: State) -> None:
    assert kinds(load_settings(found)) == [PracticeOutbox, PracticeOutbox]
    found.reminders.write_text(SPOOL)
    assert kinds(load_settings(found)) == [Spool, PracticeOutbox]
    assert load_settings(found).ways == {"sms", "email"}


def test_all_there_is(load: Load, found: State) -> None:
    found.about_center.write_text('help_number = "02-123-4567"\n')
    settings = load(
        SPOOL + "abroad = true\n" + MAIL + 'user = "kiosk"\npassword_file = "@/key"\nport = 465\n'
    )
    assert kinds(settings) == [Spool, Mail]
    assert settings.ways == {"sms", "email", "abroad"}
    assert settings.help == "02-123-4567"
    gateway = '[gateway]\nurl = "https://sms.example.kr/v1"\nsender = "021234567"\nkey_file = "@/key"\n'
    assert kinds(load(gateway + 'ca_file = "@/tls/authority.pem"\n')) == [Gateway]
    assert "k3y" not in repr(load(gateway).channels[0].__dict__)


def test_secrets_may_be_credentials(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = MAIL + 'user = "kiosk"\n'
    with pytest.raises(KioskError, match=r"remind\.config"):
        load(text)
    (tmp_path / "certkiosk-mail").write_text("secret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert kinds(load(text)) == [Mail]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("nonsense", "-"), ("[other]\n", "other"), ("spool = 1\n", "spool"), ("help = 1\n", "help"),
        ('[spool]\noutbox = "/a"\nsent = "/b"\n', "spool.error"),
        ('[spool]\noutbox = "a"\nsent = "/b"\nerror = "/c"\n', "spool.a"),
        (SPOOL + "abroad = 1\n", "spool.abroad"), (SPOOL + "more = 1\n", "spool.more"),
        (SPOOL + '[gateway]\nurl = "https://a/"\nsender = "1"\n', "gateway"),
        ('[gateway]\nurl = "http://a/"\nsender = "1"\nkey_file = "@/key"\n', "gateway.url"),
        ('[gateway]\nurl = "https://me:pw-a/"\nsender = "1"\nkey_file = "@/key"\n', "gateway.url"),
        ('[gateway]\nurl = "https://a:99999/"\nsender = "1"\nkey_file = "@/key"\n', "gateway.url"),
        ('[gateway]\nurl = "https://a/"\nsender = "1"\n', "gateway.key_file"),
        ('[gateway]\nurl = "https://a/"\nsender = "1"\nkey_file = "@/key"\nca_file = "@/key"\n', "gateway.ca_file"),
        (MAIL + 'bounces = "mail"\n', "mail.mail"), (MAIL + "bounces = 1\n", "mail.bounces"),
        (MAIL + "port = 0\n", "mail.port"), (MAIL + "port = true\n", "mail.port"),
        (MAIL + 'port = "25"\n', "mail.port"),
        ('[mail]\nhost = "a"\nsender = "kiosk"\n', "mail.sender"), ('[mail]\nhost = "a"\n', "mail.sender"),
        (MAIL + 'user = "kiosk"\npassword_file = "@/none"\n', "mail.password_file"),
        *(
            (f'[mail]\nhost = "a"\nsender = "{sender}"\n', "mail.sender")
            for sender in ("Center <kiosk@example.kr>", "kiosk@", "a kiosk@b.kr", "kiosk@b.kr\\r\\nBcc: c")
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(load: Load, text: str, key: str) -> None:
    with pytest.raises(KioskError, match=r"remind\.config") as caught:
        load(text)
    assert caught.value.facts["key"] == key


@pytest.mark.parametrize("content", ["", "a\nb", "x" * 5000])
def test_a_key_file_that_holds_no_key(load: Load, tmp_path: Path, content: str) -> None:
    (tmp_path / "bad").write_text(content)
    with pytest.raises(KioskError) as caught:
        load('[gateway]\nurl = "https://a/"\nsender = "1"\nkey_file = "@/bad"\n')
    assert caught.value.facts["key"] == "gateway.key_file"
