"""Make the key files of every variant that must be read: `python -m tests.pki.vectors` writes `keyfiles/`.

The forms with SEED and PBKDF1 come from `independent`, PBES2 from OpenSSL (3.0 or later, with its legacy
provider), so nothing here has passed through the project. The key, R and the passwords were made up for
this and guard nothing. Running it again makes other bytes under the same names.
"""

import hashlib
import json
import secrets
import subprocess
from pathlib import Path

from tests.pki import independent as own

FOLDER = Path(__file__).with_name("keyfiles")
PASSWORD = "Vector!7294"
KOREAN = "비밀Vector!7294"

PBES2 = {
    "seed-cbc": ("hmacWithSHA1", "hmacWithSHA256"),
    "aes-128-cbc": ("hmacWithSHA1", "hmacWithSHA224"),
    "aes-192-cbc": ("hmacWithSHA384",),
    "aes-256-cbc": ("hmacWithSHA256", "hmacWithSHA512", "hmacWithSHA512-224", "hmacWithSHA512-256"),
    "aria-128-cbc": ("hmacWithSHA256",),
    "aria-192-cbc": ("hmacWithSHA256",),
    "aria-256-cbc": ("hmacWithSHA512",),
    "des-ede3-cbc": ("hmacWithSHA1", "hmacWithSHA256"),
}


def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    """Run OpenSSL."""
    line = ["openssl", arguments[0], "-provider", "default", "-provider", "legacy", *arguments[1:]]
    return subprocess.run(line, input=stdin, capture_output=True, check=True).stdout


def bank_form(pkcs8: bytes, *, key_length: bool = False, salt_bytes: int = 8) -> bytes:
    """Make PBES2 as a bank wrote it in 2019: SEED, and PBKDF2 that names no pseudo-random function."""
    salt, iv = secrets.token_bytes(salt_bytes), secrets.token_bytes(16)
    key = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt, 2048, 16)
    kdf = own.der(0x30, own.der(4, salt), own.integer(2048), own.integer(16) if key_length else b"")
    derivation = own.der(0x30, own.oid("1.2.840.113549.1.5.12"), kdf)
    scheme = own.der(0x30, own.OLD_PBE, own.der(4, iv))
    algorithm = own.der(0x30, own.oid("1.2.840.113549.1.5.13"), own.der(0x30, derivation, scheme))
    return own.der(0x30, algorithm, own.der(4, own.seed_cbc_encrypt(key, iv, pkcs8)))


def make() -> tuple[dict[str, bytes], list[dict[str, str]]]:
    """Make all files, and the index: file, the plain key in it, password (hex), name of the format."""
    bare = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-outform", "DER")
    bare = openssl("pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-outform", "DER", stdin=bare)
    random = own.attribute(secrets.token_bytes(20))
    friendly = own.der(
        0x30, own.oid("1.2.840.113549.1.9.20"), own.der(0x31, own.der(0x1E, "키".encode("utf-16-be")))
    )
    plain = {
        "plain-bare.der": bare,
        "plain-r.der": own.with_attributes(bare, random),
        "plain-r-and-more.der": own.with_attributes(bare, random, friendly),
    }
    files, index = dict(plain), []

    def add(name: str, format_: str, data: bytes, *, key: str = "plain-r.der", password: bytes = b"") -> None:
        files[name] = data
        index.append(
            {"file": name, "format": format_, "key": key, "password": (password or PASSWORD.encode()).hex()}
        )

    def older(
        algorithm: bytes, size: int, count: int, key: str = "plain-r.der", password: bytes = b""
    ) -> bytes:
        return own.close_key(
            algorithm, password or PASSWORD.encode(), secrets.token_bytes(size), count, plain[key]
        )

    new, old = "SEED-CBC SHA-1", "SEED-CBC (old)"
    add("seed-sha1.key", new, older(own.PBE, 8, 2048))
    add("seed-sha1-iterations.key", new, older(own.PBE, 8, 10000))
    add("seed-sha1-salt-16.key", new, older(own.PBE, 16, 2048))
    add("seed-sha1-salt-0.key", new, older(own.PBE, 0, 1))
    for key in ("plain-bare.der", "plain-r-and-more.der"):
        add(f"seed-sha1-{key[6:-4]}.key", new, older(own.PBE, 8, 2048, key), key=key)
    for encoding in ("utf-8", "cp949"):
        password = KOREAN.encode(encoding)
        add(f"seed-sha1-{encoding}.key", new, older(own.PBE, 8, 2048, password=password), password=password)
    add("seed-old.key", old, older(own.OLD_PBE, 8, 2048))
    add("seed-old-salt-20.key", old, older(own.OLD_PBE, 20, 1024))
    add("pbes2-seed-bank.key", "PBES2 SEED-CBC", bank_form(plain["plain-r.der"]))
    add(
        "pbes2-seed-key-length.key",
        "PBES2 SEED-CBC",
        bank_form(plain["plain-r.der"], key_length=True, salt_bytes=16),
    )
    for cipher, prfs in PBES2.items():
        for prf in prfs:
            sealed = openssl(
                "pkcs8", "-topk8", "-v2", cipher, "-v2prf", prf, "-iter", "2048", "-inform", "DER",
                "-outform", "DER", "-passout", f"pass:{PASSWORD}", stdin=bare,
            )  # fmt: skip
            add(
                f"pbes2-{cipher}-{prf[8:].lower()}.key",
                f"PBES2 {cipher.upper()}",
                sealed,
                key="plain-bare.der",
            )
    return files, index


def main() -> None:
    """Write the folder anew."""
    files, index = make()
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)
    (FOLDER / "index.json").write_text(json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    main()
