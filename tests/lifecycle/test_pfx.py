"""PFX files out of a medium and onto one: what comes along, and what is refused with everything left as it was."""

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.errors import KioskError
from kiosk.lifecycle import pfx
from kiosk.media import change
from kiosk.media.token_uri import TokenUri
from kiosk.pki import container, pkcs12, pkcs12_write
from kiosk.secret import Secret
from kiosk.services import Services
from tests.lifecycle import sets
from tests.pki.conftest import usage

PASSWORD = "Cloud5!river-walk"
WEAK = "short"
Word = Secret
Files = dict[str, bytes]


@cache
def certificate(
    number: int = 0, serial: int = 0x77, *, name: str = "홍길동()0004041", use: str = "digital_signature",
    issuer: int | None = None, days: int = 365,
) -> bytes:  # fmt: skip
    """A certificate of an authority (whose key is 9), which says what it is for; `issuer` is a CA of that name."""

    def named(common: str) -> x509.Name:
        oids = (x509.NameOID.COUNTRY_NAME, x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME)
        return x509.Name(
            [x509.NameAttribute(*each) for each in zip(oids, ("KR", "KICA", common), strict=True)]
        )

    now = datetime(2026, 6, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(
        named("signGATE CA6"),
        named(name),
        sets.key(number).public_key(),
        serial,
        now,
        now + timedelta(days=days),
    ).add_extension(usage(use), critical=True)
    return builder.sign(sets.key(9 if issuer is None else issuer), hashes.SHA256()).public_bytes(Encoding.DER)


def both(password: str = PASSWORD) -> dict[str, bytes]:
    """A set with the pair for encryption and the authority's certificate."""
    return {
        "signCert.der": certificate(), "signPri.key": sets.sealed(0, password),
        "kmCert.der": certificate(1, 0x78, use="key_encipherment"), "kmPri.key": sets.sealed(1, password),
        "CaPubs": certificate(9, 1, name="signGATE CA6", use="key_cert_sign"),
    }  # fmt: skip


def made(*pairs: tuple[bytes, bytes], others: tuple[bytes, ...] = (), password: str = PASSWORD) -> bytes:
    """A PFX file with these keys and certificates."""
    entries = [
        pkcs12_write.Entry(Secret(key), der, "x", bytes([number])) for number, (key, der) in enumerate(pairs)
    ]
    return pkcs12_write.write(entries, Secret(password), others=others)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Another medium."""
    path = tmp_path / "other"
    path.mkdir()
    return path


def opened(place: Path, password: str, name: str = "signPri.key") -> bytes:
    return container.decrypt_key((place / name).read_bytes(), Secret(password)).reveal()


async def lines(services: Services) -> list[tuple[str, dict[str, str | int]]]:
    rows = await services.in_registry(lambda: list(services.registry.audit_rows(2)))
    return [(row.action, json.loads(row.facts)) for row in rows]


async def refusal(work: object) -> KioskError:
    with pytest.raises(KioskError) as caught:
        await work  # type: ignore[misc]
    return caught.value


# -- out


@pytest.mark.parametrize("modern", [False, True], ids=["usual", "modern"])
async def test_out_and_in_again(
    services: Services, medium: Path, target: Path, tmp_path: Path, *, modern: bool
) -> None:
    """The same certificate and the same key with the same R, at the same place of the other medium."""
    place = sets.put(medium, sets.files(0, PASSWORD))
    before = sets.tree(medium)
    done = await pfx.export(services, medium, Word(PASSWORD), tmp_path / "홍길동.pfx", modern=modern)
    assert (done.path, done.serial, done.random, done.encryption, done.left_out) == (
        tmp_path / "홍길동.pfx", "1234abcd", True, False, (),
    )  # fmt: skip
    assert sets.tree(medium) == before
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600
    back = await pfx.import_(services, done.path.read_bytes(), Word(PASSWORD), target)
    assert (back.serial, back.random, back.encryption) == ("1234abcd", True, False)
    assert back.path.relative_to(target) == place.relative_to(medium)
    assert opened(back.path, PASSWORD) == sets.pkcs8(0)
    assert sets.read(back.path)["signCert.der"] == sets.certificate(0)
    assert list(target.iterdir()) == [target / "NPKI"]
    assert (await lines(services))[-2:] == [
        ("certificate.exported", {}),
        ("certificate.imported", {}),
    ]


async def test_both_pairs_and_the_authority_come_along(
    services: Services, medium: Path, target: Path, tmp_path: Path
) -> None:
    place = sets.put(medium, both())
    done = await pfx.export(services, medium, Word(PASSWORD), tmp_path / "a.pfx")
    assert (done.encryption, done.left_out, done.serial) == (True, (), "77")
    back = await pfx.import_(services, done.path.read_bytes(), Word(PASSWORD), target)
    assert back.encryption
    assert back.path == target / "NPKI" / "KICA" / "USER" / "cn=홍길동()0004041,o=KICA,c=KR"
    old, new = sets.read(place), sets.read(back.path)
    assert {name: data for name, data in new.items() if not name.endswith("key")} == {
        name: data for name, data in old.items() if not name.endswith("key")
    }
    assert (opened(back.path, PASSWORD), opened(back.path, PASSWORD, "kmPri.key")) == (
        sets.pkcs8(0),
        sets.pkcs8(1),
    )


async def test_what_cannot_come_along_is_named(services: Services, medium: Path, tmp_path: Path) -> None:
    files = both() | {"kmPri.key": sets.sealed(1, "Another!pass9"), "CaPubs": b"\x30\x80", "notes.txt": b"x"}
    sets.put(medium, files)
    done = await pfx.export(services, medium, Word(PASSWORD), tmp_path / "a.pfx")
    assert (done.encryption, done.left_out) == (False, ("CaPubs", "kmCert.der", "kmPri.key", "notes.txt"))
    contents = pkcs12.read(done.path.read_bytes(), Secret(PASSWORD))
    assert (len(contents.keys), contents.certificates) == (1, (certificate(),))


async def test_which_of_several(services: Services, medium: Path, tmp_path: Path) -> None:
    sets.put(medium, sets.files(0, PASSWORD))
    sets.put(medium, both(), name="cn=b")
    error = await refusal(pfx.export(services, medium, Word(PASSWORD), tmp_path / "a.pfx"))
    assert error.id == "medium.several"
    done = await pfx.export(services, medium, Word(PASSWORD), tmp_path / "a.pfx", serial="77")
    assert done.certificate.serial_number == 0x77
    error = await refusal(pfx.export(services, medium, Word(PASSWORD), tmp_path / "b.pfx", serial="99"))
    assert error.id == "medium.not_there"
    assert not (tmp_path / "b.pfx").exists()


async def test_nothing_is_overwritten(services: Services, medium: Path, tmp_path: Path) -> None:
    sets.put(medium, sets.files(0, PASSWORD))
    (medium / "Kim.PFX").write_bytes(b"theirs")
    error = await refusal(pfx.export(services, medium, Word(PASSWORD), medium / "kim.pfx"))
    assert error.id == "pfx.exists", "a FAT volume takes both for the same name"
    assert (medium / "Kim.PFX").read_bytes() == b"theirs"
    for wrong in (tmp_path / "none" / "a.pfx", medium / "Kim.PFX" / "a.pfx"):
        assert (await refusal(pfx.export(services, medium, Word(PASSWORD), wrong))).id == "usage.file"


async def test_a_wrong_password_and_a_wrong_key(services: Services, medium: Path, tmp_path: Path) -> None:
    place = sets.put(medium, sets.files(0, PASSWORD))
    error = await refusal(pfx.export(services, medium, Word("Cloud5!river-wal"), tmp_path / "a.pfx"))
    assert (error.id, error.facts) == ("medium.wrong_password", {"left": 4})
    (place / "signPri.key").write_bytes(sets.sealed(1, PASSWORD))
    error = await refusal(pfx.export(services, medium, Word(PASSWORD), tmp_path / "a.pfx"))
    assert error.id == "medium.other_key"
    (place / "signPri.key").unlink()
    error = await refusal(pfx.export(services, medium, Word(PASSWORD), tmp_path / "a.pfx"))
    assert error.id == "medium.not_whole"
    assert not (tmp_path / "a.pfx").exists()
    assert (await lines(services))[-1][0] == "refused"


async def test_tokens_keep_their_keys(services: Services, tmp_path: Path) -> None:
    token = TokenUri.parse("pkcs11:token=KIOSK")
    error = await refusal(pfx.export(services, token, Word(PASSWORD), tmp_path / "a.pfx"))
    assert (error.id, error.kind.exit) == ("pfx.token", 1)
    error = await refusal(pfx.import_(services, b"", Word(PASSWORD), token))
    assert (error.id, error.kind.exit) == ("pfx.on_token", 1)


async def test_a_stick_that_swallows_the_file(
    services: Services, medium: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets.put(medium, sets.files(0, PASSWORD))
    monkeypatch.setattr("kiosk.media.root_files.read_past_cache", lambda *_: b"nothing")
    error = await refusal(pfx.export(services, medium, Word(PASSWORD), tmp_path / "a.pfx"))
    assert error.id == "medium.lies"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


# -- in


async def test_refused_with_everything_as_it_was(services: Services, target: Path) -> None:
    sets.put(target, sets.files(3, PASSWORD), name="cn=other")
    before = sets.tree(target)
    first, second = (sets.pkcs8(0), certificate()), (sets.pkcs8(1), certificate(1, 0x79, name="김()1"))
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    cases: dict[str, tuple[bytes, str]] = {
        "pfx.password": (made(first, password="Other!pass99"), "x"),
        "pfx.none": (b"\x30\x03\x02\x01\x03", "x"),
        "pfx.no_key": (made(others=(certificate(),)), "x"),
        "pfx.no_certificate": (made((sets.pkcs8(2), certificate())), "x"),
        "pfx.several": (made(first, second), "77, 79"),
    }
    for id_, (data, serials) in cases.items():
        error = await refusal(pfx.import_(services, data, Word(PASSWORD), target))
        assert (error.id, error.facts.get("serials", "x")) == (id_, serials)
        assert (await lines(services))[-1] == ("refused", {"error": error.code})
    only_for_encryption = made((sets.pkcs8(0), certificate(use="key_encipherment")))
    error = await refusal(pfx.import_(services, only_for_encryption, Word(PASSWORD), target))
    assert error.id == "pfx.no_certificate"
    error = await refusal(pfx.import_(services, made((curve, certificate())), Word(PASSWORD), target))
    assert (error.id, error.facts) == ("pfx.format", {"format": "1.2.840.10045.2.1"})
    error = await refusal(pfx.import_(services, made(first, second), Word(PASSWORD), target, serial="55"))
    assert error.id == "pfx.not_there"
    assert sets.tree(target) == before


async def test_one_of_several_by_its_serial(services: Services, target: Path) -> None:
    data = made((sets.pkcs8(0), certificate()), (sets.pkcs8(1), certificate(1, 0x79, name="김()1")))
    done = await pfx.import_(services, data, Word(PASSWORD), target, serial="79")
    assert done.path.name.startswith("cn=김()1")
    assert opened(done.path, PASSWORD) == sets.pkcs8(1)


async def test_the_companion_is_the_same_persons_and_the_newest(services: Services, target: Path) -> None:
    newest = certificate(2, 0x81, use="key_encipherment", days=400)
    data = made(
        (sets.pkcs8(1), certificate(1, 0x80, use="key_encipherment")),
        (sets.pkcs8(3), certificate(3, 0x82, use="data_encipherment", name="somebody else", days=500)),
        (sets.pkcs8(2), newest), (sets.pkcs8(0), certificate()),
        others=(certificate(8, 1, name="signGATE CA6", use="key_cert_sign"),),
    )  # fmt: skip
    done = await pfx.import_(services, data, Word(PASSWORD), target)
    files = sets.read(done.path)
    assert (files["kmCert.der"], opened(done.path, PASSWORD, "kmPri.key")) == (newest, sets.pkcs8(2))
    assert "CaPubs" not in files, "of the right name, but it did not sign this certificate"


async def test_a_password_is_set_by_the_rule(services: Services, target: Path) -> None:
    data = made((sets.pkcs8(0), certificate()), password=WEAK)
    assert (await refusal(pfx.import_(services, data, Word(WEAK), target))).id == "pfx.rule"
    error = await refusal(pfx.import_(services, data, Word(WEAK), target, new_password=Word("short2")))
    assert error.id == "password.short"
    assert not list(target.iterdir())
    done = await pfx.import_(services, data, Word(WEAK), target, new_password=Word(PASSWORD))
    assert opened(done.path, PASSWORD) == sets.pkcs8(0)


async def test_without_the_random(services: Services, target: Path) -> None:
    bare = sets.key(0).private_bytes(
        Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    done = await pfx.import_(services, made((bare, certificate())), Word(PASSWORD), target)
    assert not done.random
    assert opened(done.path, PASSWORD) == bare


async def test_what_is_there_stays(services: Services, target: Path) -> None:
    data = made((sets.pkcs8(0), certificate()))
    first = await pfx.import_(services, data, Word(PASSWORD), target)
    before = sets.tree(target)
    assert (await refusal(pfx.import_(services, data, Word(PASSWORD), target))).id == "pfx.holds"
    other = made((sets.pkcs8(1), certificate(1, 0x99)))
    assert (await refusal(pfx.import_(services, other, Word(PASSWORD), target))).id == "medium.taken"
    assert sets.tree(target) == before
    # In a directory of any name.
    first.path.rename(first.path.with_name("cn=renamed"))
    assert (await refusal(pfx.import_(services, data, Word(PASSWORD), target))).id == "pfx.holds"


async def test_what_a_pulled_stick_kept_is_cleared(services: Services, target: Path) -> None:
    data = made((sets.pkcs8(0), certificate()))
    ours, others = target / change.CHANGE, target / ".certkiosk-abcdefgh"
    for left in (ours, others):
        (left / "set.part").mkdir(parents=True)
        (left / "set.part" / "signPri.key").write_bytes(b"x")
    await pfx.import_(services, data, Word(PASSWORD), target)
    assert sorted(path.name for path in target.iterdir()) == [others.name, "NPKI"], (
        "a request's is not ours to clear"
    )


@pytest.mark.parametrize("spoil", [
    lambda files: {**files, "signPri.key": b"x"}, lambda files: {}, lambda files: {**files, "signCert.der": b""},
])  # fmt: skip
async def test_a_stick_that_swallows_the_set(
    services: Services, target: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Files], Files]
) -> None:
    """Found after it was mounted anew: then nothing of it stays."""
    real = change.read_place
    monkeypatch.setattr(change, "read_place", lambda medium, place: spoil(real(medium, place)))  # type: ignore[arg-type]
    data = made((sets.pkcs8(0), certificate()))
    assert (await refusal(pfx.import_(services, data, Word(PASSWORD), target))).id == "medium.lies"
    assert not list(target.rglob("*.*"))


async def test_two_at_once(services: Services, target: Path) -> None:
    data = made((sets.pkcs8(0), certificate()))

    async def again() -> None:
        with pytest.raises(KioskError, match=r"request\.busy"):
            await pfx.import_(services, data, Word(PASSWORD), target)

    await pfx.import_(services, data, Word(PASSWORD), target, mount_anew=again)


async def test_proved_after_it_was_mounted_anew(services: Services, target: Path) -> None:
    """What then is another medium at that place proves nothing, and is left alone."""
    data = made((sets.pkcs8(0), certificate()))

    async def swap() -> None:
        target.rename(target.with_name("away"))
        target.mkdir()

    assert (
        await refusal(pfx.import_(services, data, Word(PASSWORD), target, mount_anew=swap))
    ).id == "medium.gone"
    assert not list(target.iterdir())
    assert len(list(target.with_name("away").glob("NPKI/KICA/USER/*/*"))) == 2
