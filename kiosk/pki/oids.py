"""Object identifiers of the Korean formats, dotted, each under one name.

Sources: KCAC.TS.SIVID (identification), RFC 4269 and RFC 4010 (SEED), RFC 5794 and OpenSSL's table (ARIA),
RFC 8018 (PBES2, PBKDF2 and its pseudo-random functions), RFC 7292 (PKCS#12), RFC 5280 (policies).
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
DES_EDE3_CBC = "1.2.840.113549.3.7"

# PKCS#12 (RFC 7292; PBMAC1 from RFC 8018, used as RFC 9579 says).
DATA = "1.2.840.113549.1.7.1"
ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
PBE_3DES = "1.2.840.113549.1.12.1.3"
PBE_2DES = "1.2.840.113549.1.12.1.4"
PBE_RC2_128 = "1.2.840.113549.1.12.1.5"
PBE_RC2_40 = "1.2.840.113549.1.12.1.6"
KEY_BAG = "1.2.840.113549.1.12.10.1.1"
SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2"
CERT_BAG = "1.2.840.113549.1.12.10.1.3"
SAFE_CONTENTS_BAG = "1.2.840.113549.1.12.10.1.6"
X509_CERTIFICATE = "1.2.840.113549.1.9.22.1"
FRIENDLY_NAME = "1.2.840.113549.1.9.20"
LOCAL_KEY_ID = "1.2.840.113549.1.9.21"
PBMAC1 = "1.2.840.113549.1.5.14"

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
SHA1 = "1.3.14.3.2.26"
SHA256 = "2.16.840.1.101.3.4.2.1"
HMAC_SHA256 = "1.2.840.113549.2.9"

RSA = "1.2.840.113549.1.1.1"
ANY_POLICY = "2.5.29.32.0"
