"""What is known of other authorities' certificates, read from `data/authorities.toml`: for people to read only."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cryptography import x509

BUSINESS = "business"
"""How the name of a use ends that is for businesses."""


@dataclass(frozen=True)
class Use:
    """What a certificate is for."""

    id: str
    ko: str
    en: str

    @property
    def business(self) -> bool:
        """Whether the holder is a business, whose name is no secret."""
        return self.id.endswith(BUSINESS) or self.id in {"tax", "procurement", "trade"}


@dataclass(frozen=True)
class Authority:
    """One authority; `numbers` gives a use for what follows `arc` in a policy OID."""

    organization: str
    ko: str
    en: str
    arc: str
    numbers: Mapping[str, str]


@cache
def load() -> tuple[Mapping[str, Use], tuple[Authority, ...]]:
    """Read the shipped table: the uses by id, and the authorities."""
    tables = tomllib.loads(files("data").joinpath("authorities.toml").read_text("utf-8"))
    uses = {id_: Use(id_, **texts) for id_, texts in tables["uses"].items()}
    return uses, tuple(Authority(**table) for table in tables["authorities"].values())


def use_of(policy: str | None) -> Use | None:
    """Say what a policy OID stands for; None for one that is not known."""
    uses, authorities = load()
    for authority in authorities:
        if policy is not None and policy.startswith(authority.arc + "."):
            number = policy[len(authority.arc) + 1 :]
            while number:
                if number in authority.numbers:
                    return uses[authority.numbers[number]]
                # What is more special than a number that is known is at least that: `1.1` is `1` in a token.
                number = number.rpartition(".")[0]
    return None


def authority_of(certificate: x509.Certificate, policy: str | None) -> Authority | None:
    """Say whose a certificate claims to be, by its policy OID or its issuer's O. Nobody has checked a signature."""
    names = {
        str(attribute.value)
        for attribute in certificate.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    }
    found = None
    for authority in load()[1]:
        if policy is not None and policy.startswith(authority.arc + "."):
            return authority
        if authority.organization in names:
            found = authority
    return found
