"""Certificates, keys and names: pure functions over bytes, no state."""

import warnings

# The library counts the length of a name in bytes and complains of 22 syllables, when we make such a name as
# well as whenever one is read from a certificate. The limit is in characters (RFC 5280 appendix A).
warnings.filterwarnings("ignore", message="Attribute's length must be", category=UserWarning)
