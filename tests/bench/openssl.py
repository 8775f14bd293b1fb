"""An issue as a script of `openssl` commands: the same steps on the same keys, for the same authority.

The steps are: request, certificate with the centre's database and the same extensions, key encrypted for the
person, both written and synced; then from what was written: key opened and compared with the certificate,
something signed and verified, chain checked. What is no plain command is left out in the script's favour: it
stages nothing, keeps no journal and no audit log, asks for no identity, makes and checks no R and no VID (the
extension lies ready). It is one shell script, so that nothing but the commands costs time.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk.authority import certificates
from kiosk.authority.embedded import PRACTICE_NOTICE
from kiosk.config import State
from kiosk.pki import vid
from kiosk.secret import Secret
from tests.bench.people import NAME, PASSWORD

_CONFIGURATION = """
[req]
distinguished_name = subject
string_mask = utf8only
[subject]
[ca]
default_ca = centre
[centre]
database = {work}/index.txt
new_certs_dir = {work}/issued
certificate = {keys}/issuing.crt
private_key = {keys}/issuing.key
rand_serial = yes
default_md = sha256
default_days = 365
policy = any
unique_subject = no
string_mask = utf8only
[any]
countryName = supplied
organizationName = supplied
organizationalUnitName = supplied
commonName = supplied
"""

_EXTENSIONS = """
authorityKeyIdentifier = keyid:always, issuer:always
subjectKeyIdentifier = hash
keyUsage = critical, digitalSignature, nonRepudiation
certificatePolicies = critical, DER:{policies}
subjectAltName = DER:{identity}
"""

# As few commands as there can be.
_SCRIPT = """
set -eu
cd "$WORK"
fail() { cat log; exit 1; }
SEED="-provider default -provider legacy"
for person in "$@"; do
    read -r subject < $person.subject
    openssl req -new -utf8 -key $person.pem -subj "$subject" -out $person.csr
    openssl ca -batch -notext -extfile $person.extensions -in $person.csr -out $person.crt 2> log || fail
    set="NPKI/Certkiosk/USER/$person"
    mkdir -p "$set"
    openssl x509 -in $person.crt -outform DER -out "$set/signCert.der"
    openssl pkcs8 -topk8 -in $person.pem -v2 seed-cbc -v2prf hmacWithSHA1 -iter 2048 -passout file:password \
        $SEED -outform DER -out "$set/signPri.key"
    sync -f "$set"
    openssl pkey -in "$set/signPri.key" -inform DER -passin file:password $SEED -pubout -out opened.pem
    openssl x509 -in "$set/signCert.der" -inform DER -pubkey -noout -out certified.pem
    cmp opened.pem certified.pem > log || fail
    openssl dgst -sha256 -sign "$set/signPri.key" -keyform DER -passin file:password $SEED \
        -out signature message
    openssl dgst -sha256 -verify certified.pem -signature signature message > log || fail
    openssl verify -CAfile "$KEYS/root.crt" -untrusted "$KEYS/issuing.crt" "$set/signCert.der" > log || fail
done
"""


class Commands:
    """The `openssl` side: an authority of its own, in files, under the keys of a practice state."""

    def __init__(self, work: Path, state: State, subscribers: Sequence[rsa.RSAPrivateKey]) -> None:
        """Lay ready in `work` what every person needs."""
        self._work = work
        self._keys = state.keys
        self._left = iter([str(number) for number in range(len(subscribers))])
        (work / "issued").mkdir(parents=True)
        (work / "index.txt").touch()
        (work / "message").write_bytes(os.urandom(32))
        (work / "password").write_text(PASSWORD)
        (work / "openssl.cnf").write_text(_CONFIGURATION.format(work=work, keys=state.keys))
        policies = certificates.policies(f"{state.arc}.1.1", PRACTICE_NOTICE).value
        for number, key in enumerate(subscribers):
            self._person(number, key, policies)

    def _person(self, number: int, key: rsa.RSAPrivateKey, policies: bytes) -> None:
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self._work / f"{number}.pem").write_bytes(pem)
        (self._work / f"{number}.subject").write_text(
            f"/C=KR/O=Certkiosk/OU=personal/CN={NAME}()20261122{number:010}\n"
        )
        other = vid.other_name(NAME, vid.vid(Secret(f"900101{1000000 + number}"), vid.make_random()))
        (self._work / f"{number}.extensions").write_text(
            _EXTENSIONS.format(
                policies=policies.hex(), identity=x509.SubjectAlternativeName([other]).public_bytes().hex()
            )
        )

    def issue(self, count: int) -> None:
        """Issue to the next `count` persons."""
        persons = [next(self._left) for _ in range(count)]
        environment = {
            **os.environ, "OPENSSL_CONF": str(self._work / "openssl.cnf"), "WORK": str(self._work),
            "KEYS": str(self._keys),
        }  # fmt: skip
        done = subprocess.run(
            ["sh", "-c", _SCRIPT, "issue", *persons], env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"openssl: {done.stdout} {done.stderr}")
