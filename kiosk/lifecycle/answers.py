"""The answers file of the command line (TOML): read, checked key by key, and each problem named by its key.

Keys: `profile`, `name`, `id_number`, `phone`, `email` (may be left out), `password_file` for a stick or
`pin_file` for a token, `consent = true`, `reminders` (true has phone and e-mail kept, false has them deleted; may be
left out) and `[identity] method = "phone"`, in practice with `code` to stand for what a person would type. To renew,
the certificate itself says most of it: `id_number`, `password_file` (the old one) or `pin_file`, and `consent` are
enough; `new_password_file` is for a new password.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application, Renewal
from kiosk.pki.id_number import clean_id_number
from kiosk.pki.names import clean_name
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret

SECRETS = ("password_file", "pin_file")
NEW_PASSWORD = "new_password_file"  # noqa: S105 - a key of the file, not a password
RENEWAL = ("id_number", "consent")
REQUIRED = ("profile", "name", "id_number", "phone", "consent", "identity")
OPTIONAL = ("email", "reminders", *SECRETS)
LIMIT = 64 * 1024
_PHONE = re.compile(r"0\d{8,10}|\+\d{7,15}")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}")


def read_answers(path: Path, today: date) -> Application:
    """Read and check the answers in `path`.

    `password_file` and `pin_file` are looked for beside the answers file first, then from the current directory. Raises
    `answers.*` and `name.*`, each naming the key that is wrong.
    """
    answers = _checked(path, REQUIRED, OPTIONAL)
    profile_id = _text(answers, "profile")
    profiles = load_profiles()
    if profile_id not in profiles:
        raise KioskError("answers.profile", key="profile", value=profile_id, known=", ".join(profiles))
    profile = profiles[profile_id]
    name = clean_name(_text(answers, "name"), kind=profile.kind)
    with Secret(_text(answers, "id_number")) as typed:
        id_number, _ = clean_id_number(typed, identifiers=profile.identifiers, today=today)
    if "email" in answers and not _EMAIL.fullmatch(_text(answers, "email")):
        raise KioskError("answers.wrong", key="email")
    reminders = answers.get("reminders")
    if not isinstance(reminders, bool | None):
        raise KioskError("answers.wrong", key="reminders")
    method, code = _identity(answers["identity"])
    return Application(
        profile=profile, name=name, id_number=id_number, phone=clean_phone(_text(answers, "phone")),
        password=_secret(path, answers, "password_file") or Secret(""), pin=_secret(path, answers, "pin_file"),
        method=method, code=code, email=str(answers.get("email", "")), reminders=reminders,
    )  # fmt: skip


def read_renewal(path: Path) -> Renewal:
    """Read and check the answers in `path` for a renewal.

    The keys of `read_answers` may stand there too: of these `phone` and `identity` are used in a grace time after
    the end, and the others are not looked at. Files are looked for, and errors raised, as there; the identity
    number is checked when it is known what certificate it is for.
    """
    answers = _checked(path, RENEWAL, (*REQUIRED, *OPTIONAL, NEW_PASSWORD))
    method, code = _identity(answers["identity"]) if "identity" in answers else ("", None)
    return Renewal(
        id_number=Secret(_text(answers, "id_number")),
        password=_secret(path, answers, "password_file") or Secret(""),
        new_password=_secret(path, answers, NEW_PASSWORD), pin=_secret(path, answers, "pin_file"),
        phone=clean_phone(_text(answers, "phone")) if "phone" in answers else "", method=method, code=code,
    )  # fmt: skip


def clean_phone(text: str) -> str:
    """Give the digits of a phone number, at home (0…) or abroad (+…). Raises `answers.phone`.

    A number has one form, or its limits would hold for each form of it: +82 10 is 010.
    """
    phone = re.sub(r"^\+820?", "0", re.sub(r"[\s().-]", "", text))
    if not _PHONE.fullmatch(phone) or not phone.isascii():
        raise KioskError("answers.phone", key="phone")
    return phone


def _checked(path: Path, required: Sequence[str], optional: Sequence[str]) -> Mapping[str, object]:
    """Read a file that has every key of `required`, one of `SECRETS`, none that is unknown, and consent."""
    answers = _read(path)
    for key in answers:
        if key not in {*required, *optional}:
            raise KioskError("answers.unknown", key=key)
    for key in required:
        if key not in answers:
            raise KioskError("answers.missing", key=key)
    if not any(key in answers for key in SECRETS):
        raise KioskError("answers.missing", key=SECRETS[0])
    if answers["consent"] is not True:
        raise KioskError("answers.consent", key="consent")
    return answers


def _read(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
        if len(content) > LIMIT:
            raise KioskError("answers.unreadable", path=str(path))
        return tomllib.loads(content.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        # Not the parser's own words: they quote the line, which may be the identity number's.
        raise KioskError("answers.unreadable", path=str(path)) from None


def _text(answers: Mapping[str, object], key: str) -> str:
    value = answers[key]
    if not isinstance(value, str):
        raise KioskError("answers.wrong", key=key)
    return value


def _identity(value: object) -> tuple[str, Secret | None]:
    if not isinstance(value, dict):
        raise KioskError("answers.wrong", key="identity")
    for key in value:
        if key not in {"method", "code"}:
            raise KioskError("answers.unknown", key=f"identity.{key}")
    if "method" not in value:
        raise KioskError("answers.missing", key="identity.method")
    for key in value:
        if not isinstance(value[key], str):
            raise KioskError("answers.wrong", key=f"identity.{key}")
    return value["method"], Secret(value["code"]) if "code" in value else None


def _secret(path: Path, answers: Mapping[str, object], key: str) -> Secret | None:
    """Read a password or PIN: the file's content without the line end that editors add. None: none is named."""
    if key not in answers:
        return None
    named = _text(answers, key)
    for place in (path.parent / named, Path(named)):
        try:
            with place.open("rb") as file:
                content = file.read(4097)
        except (OSError, ValueError):
            continue
        if len(content) > 4096 or not content:
            break
        return Secret(content.removesuffix(b"\n").removesuffix(b"\r"))
    raise KioskError(
        "answers.pin_file" if key == "pin_file" else "answers.password_file", key=key, path=named
    )
