"""Object identifiers of the Korean formats, dotted, each under one name.

Sources: KCAC.TS.SIVID (identification), RFC 4269 and RFC 4010 (SEED), RFC 5794 and OpenSSL's table (ARIA),
RFC 8018 (PBES2, PBKDF2 and its pseudo-random functions), RFC 5280 (policies).
"""

# Identification of a subscriber: otherName in the certificate, R in the key.
IDENTIFY_DATA = "1.2.410.200004.10.1.1"
VID = "1.2.410.200004.10.1.1.1"
ENCRYPTED_VID = "1.2.410.200004.10.1.1.2"
RANDOM = "1.2.410.200004.10.1.1.3"

# Password-based encryption of the key file.
SEED_CBC = "1.2.410.200004.1.4"
SEED_CBC_WITH_SHA1 = "1.2.410.200004.1.15"
PBKDF2 = "1.2.840.113549.1.5.12"
PBES2 = "1.2.840.113549.1.5.13"
AES_128_CBC = "2.16.840.1.101.3.4.1.2"
AES_192_CBC = "2.16.840.1.101.3.4.1.22"
AES_256_CBC = "2.16.840.1.101.3.4.1.42"
ARIA_128_CBC = "1.2.410.200046.1.1.2"
ARIA_192_CBC = "1.2.410.200046.1.1.7"
ARIA_256_CBC = "1.2.410.200046.1.1.12"

# HMAC as PBKDF2's pseudo-random function, with the names that hashlib knows (RFC 8018 B.1).
HMAC_HASHES = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.8": "sha224",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
    "1.2.840.113549.2.12": "sha512_224",
    "1.2.840.113549.2.13": "sha512_256",
}

# Hashes of a VID, with the names that hashlib knows.
HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
SHA256 = "2.16.840.1.101.3.4.2.1"

RSA = "1.2.840.113549.1.1.1"
ANY_POLICY = "2.5.29.32.0"
