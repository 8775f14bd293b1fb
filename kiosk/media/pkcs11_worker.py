"""The process that loads one PKCS#11 module, and the only place that imports the library for it.

Modules are others' code: they crash, hang and answer nonsense, so each runs here, apart, started by
`kiosk.media.module`. Standard input is the socket on which messages (`kiosk.media.frames`) come and go; PINs and
R come on it and nowhere else. The first message names the module. After an answer with `error` whoever asked
ends this process: nothing that a module holds after a failure is trusted.

Section numbers are those of PKCS#11 v2.40.
"""

import contextlib
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pkcs11
from pkcs11 import Attribute, CertificateType, KeyType, Mechanism, MechanismFlag, ObjectClass, TokenFlag

from kiosk.media import frames
from kiosk.media.pin_lengths import pin_lengths
from kiosk.secret import Secret

RSA_BITS = 2048
OBJECTS = 500
"""Objects of a class that are looked at."""
VALUE_LIMIT = 64 * 1024
"""Bytes of a certificate."""
MEMORY = 2 * 1024**3
"""Bytes of address space that a module can take."""
TO_BE_CHANGED = 0x80000
"""CKF_USER_PIN_TO_BE_CHANGED: somebody is about to be asked for a new PIN, of the right length."""
GRACE_SECONDS = 5
"""How much longer than whoever asked this process waits before it ends itself."""

Values = dict[str, Any]


def tokens(module: Any, values: Values, _: list[Secret]) -> Values:
    """List the tokens present (5.5, C_GetTokenInfo). One that does not answer rightly is left out."""
    found = []
    for slot in module.get_slots(token_present=True):
        with contextlib.suppress(pkcs11.PKCS11Error, ValueError):
            token = slot.get_token()
            found.append(_described(token))
            if int(token.flags) & TO_BE_CHANGED:
                found[-1]["pin_lengths"] = pin_lengths(values["path"], int(slot.slot_id))
    return {"tokens": found}


def certificates(module: Any, values: Values, _: list[Secret]) -> Values:
    """Read the public X.509 certificates without a PIN (4.6.3)."""
    found = []
    with _token(module, values).open() as session:
        for each in _objects(session, ObjectClass.CERTIFICATE):
            with contextlib.suppress(pkcs11.exceptions.AttributeTypeInvalid, ValueError):
                value = bytes(each[Attribute.VALUE])
                if len(value) <= VALUE_LIMIT:
                    found.append({"id": bytes(each[Attribute.ID]).hex(), "der": value.hex()})
    return {"certificates": found}


def login(module: Any, values: Values, secrets: list[Secret]) -> Values:
    """Try the PIN (5.6, C_Login)."""
    with _session(module, values, secrets):
        return {}


def change_pin(module: Any, values: Values, secrets: list[Secret]) -> Values:
    """Set another PIN (5.6, C_SetPIN), which works in a session without login too: one try, not two.

    The session ends with the process. Were it closed before the answer, a token that is pulled just then would be
    said to have its old PIN still, and whoever believes that types a wrong one.
    """
    _token(module, values).open(rw=True).set_pin(secrets[0].text(), secrets[1].text())
    return {}


def labels(module: Any, values: Values, secrets: list[Secret]) -> Values:
    """Give the labels of private keys and data objects that begin with `prefix`."""
    found = set()
    with _session(module, values, secrets) as session:
        for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.DATA):
            for each in _objects(session, kind):
                with contextlib.suppress(pkcs11.exceptions.AttributeTypeInvalid, ValueError):
                    found.add(str(each[Attribute.LABEL]))
    return {"labels": sorted(label for label in found if label.startswith(values["prefix"]))}


def make(module: Any, values: Values, secrets: list[Secret]) -> Values:
    """Put R on the token, then make a key pair there that never leaves it (5.13, C_GenerateKeyPair)."""
    with _session(module, values, secrets) as session:
        session.create_object({
            Attribute.CLASS: ObjectClass.DATA, Attribute.TOKEN: True, Attribute.PRIVATE: True,
            Attribute.APPLICATION: values["application"], Attribute.LABEL: values["label"],
            Attribute.OBJECT_ID: bytes.fromhex(values["oid"]), Attribute.VALUE: secrets[1].reveal(),
        })  # fmt: skip
        _, key = session.generate_keypair(
            KeyType.RSA, RSA_BITS, id=bytes.fromhex(values["id"]), label=values["label"], store=True,
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            private_template={
                Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False,
            },
        )  # fmt: skip
        return _key(key)


def sign(module: Any, values: Values, secrets: list[Secret]) -> Values:
    """Sign a DigestInfo (RFC 8017 9.2) with CKM_RSA_PKCS: every token that signs at all has this mechanism."""
    with _session(module, values, secrets) as session:
        return {"signature": _signed(_objects(session, ObjectClass.PRIVATE_KEY, **_ids(values))[0], values)}


def read(module: Any, values: Values, secrets: list[Secret]) -> Values:
    """Read what belongs to one request, and sign when there is something to sign and a key."""
    with _session(module, values, secrets, rw=False) as session:
        keys = _objects(session, ObjectClass.PRIVATE_KEY, **_ids(values))
        data = _objects(session, ObjectClass.DATA, label=values["label"])[: frames.SECRETS]
        return {
            "random": [Secret(bytes(each[Attribute.VALUE])) for each in data],
            "keys": [_key(key) for key in keys],
            "certificates": _values(session, values),
            "signature": _signed(keys[0], values) if keys and values.get("data") else "",
        }


def write(module: Any, values: Values, secrets: list[Secret]) -> Values:
    """Put the certificate beside its key (4.6.3), replacing what else stands under the same CKA_ID."""
    value = bytes.fromhex(values["der"])
    with _session(module, values, secrets) as session:
        there = False
        for each in _objects(session, ObjectClass.CERTIFICATE, **_ids(values)):
            if bytes(each[Attribute.VALUE]) == value and not there:
                there = True
            else:
                each.destroy()
        if not there:
            session.create_object({
                Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.TOKEN: True, Attribute.PRIVATE: False,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509, Attribute.VALUE: value,
                Attribute.ID: bytes.fromhex(values["id"]), Attribute.LABEL: values["title"],
                Attribute.SUBJECT: bytes.fromhex(values["subject"]),
                Attribute.ISSUER: bytes.fromhex(values["issuer"]),
                Attribute.SERIAL_NUMBER: bytes.fromhex(values["serial_number"]),
            })  # fmt: skip
        return {"certificates": _values(session, values)}


def remove(module: Any, values: Values, secrets: list[Secret]) -> Values:
    """Delete what belongs to one request, in the order of the names of classes in `kinds`."""
    with _session(module, values, secrets) as session:
        for kind in (ObjectClass[name] for name in values["kinds"]):
            named = {"label": values["label"]} if kind == ObjectClass.DATA else _ids(values)
            for each in _objects(session, kind, **named):
                each.destroy()
        return {}


VERBS: dict[str, Callable[[Any, Values, list[Secret]], Values]] = {
    verb.__name__: verb
    for verb in (tokens, certificates, login, change_pin, labels, make, sign, read, write, remove)
}


def _described(token: Any) -> Values:
    return {
        "slot": int(token.slot.slot_id),
        "label": token.label, "serial": token.serial.decode(), "manufacturer": token.manufacturer_id,
        "model": token.model, "flags": int(token.flags),
    }  # fmt: skip


def _token(module: Any, values: Values) -> Any:
    """Find the token that is meant: in its slot, or in another one when it was out in between."""
    meant = values["token"]
    slots = module.get_slots(token_present=True)
    for slot in sorted(slots, key=lambda slot: int(slot.slot_id) != meant["slot"]):
        try:
            token = slot.get_token()
            found = _described(token)
        except (pkcs11.exceptions.TokenNotPresent, pkcs11.exceptions.TokenNotRecognised, ValueError):
            continue
        except pkcs11.PKCS11Error:
            if int(slot.slot_id) == meant["slot"]:
                raise
            continue  # what is in another reader is another's trouble
        if all(found[key] == meant[key] for key in ("label", "serial", "manufacturer", "model")):
            return token
    raise pkcs11.exceptions.TokenNotPresent


@contextlib.contextmanager
def _session(module: Any, values: Values, secrets: list[Secret], *, rw: bool = True) -> Iterator[Any]:
    token = _token(module, values)
    if not token.flags & TokenFlag.USER_PIN_INITIALIZED:
        raise pkcs11.exceptions.UserPinNotInitialized
    with token.open(rw=rw, user_pin=secrets[0].text()) as session:
        yield session


def _objects(session: Any, kind: ObjectClass, **attributes: Any) -> list[Any]:
    template = {Attribute.CLASS: kind} | {
        {"id": Attribute.ID, "label": Attribute.LABEL}[name]: value for name, value in attributes.items()
    }
    return list(islice(session.get_objects(template), OBJECTS))


def _ids(values: Values) -> dict[str, bytes]:
    return {"id": bytes.fromhex(values["id"])}


def _key(key: Any) -> Values:
    return {
        "modulus": bytes(key[Attribute.MODULUS]).hex(),
        "guarded": bool(key[Attribute.SENSITIVE]) and not key[Attribute.EXTRACTABLE],
    }


def _values(session: Any, values: Values) -> list[str]:
    found = _objects(session, ObjectClass.CERTIFICATE, **_ids(values))
    return [bytes(each[Attribute.VALUE]).hex() for each in found]


def _signed(key: Any, values: Values) -> str:
    return bytes(key.sign(bytes.fromhex(values["data"]), mechanism=Mechanism.RSA_PKCS)).hex()


def _answer(module: Any, values: Values, secrets: list[Secret]) -> Values:
    """Do what was asked. An error is named by the library's class for it, a PIN's with the token's flags."""
    try:
        return VERBS[values["verb"]](module, values, secrets)
    except pkcs11.PKCS11Error as error:
        flags = 0
        if type(error).__name__.startswith("Pin"):
            with contextlib.suppress(pkcs11.PKCS11Error, ValueError):
                flags = int(_token(module, values).flags)
        return {"error": type(error).__name__, "flags": flags}
    except Exception as error:  # noqa: BLE001 - whatever a module's answer leads to, it is that module's
        return {"error": type(error).__name__, "flags": 0}


def main() -> None:
    """Load the module and answer until nobody asks any more."""
    # A module's crash would otherwise leave an image of this memory, PIN and all, on the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # One that takes memory without end gets none any more, before the machine has none.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for whoever asks; we end with them
    source = socket.socket(fileno=sys.stdin.fileno())
    module = None
    while True:
        try:
            values, secrets = frames.receive(source)
        except (frames.FrameError, OSError):
            return
        # The kernel ends a process that hangs in a module when nobody is left who would.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(values["seconds"]) + GRACE_SECONDS)
        if module is None:
            try:
                module = pkcs11.lib(values["module"])
                answer: Values = {}
            except Exception as error:  # noqa: BLE001 - as above
                answer = {"error": type(error).__name__, "flags": 0}
        else:
            answer = _answer(module, values, secrets)
            for secret in secrets:
                secret.wipe()
        signal.alarm(0)
        try:
            frames.send(source, answer, answer.pop("random", []))
        except OSError:
            return


if __name__ == "__main__":
    main()
