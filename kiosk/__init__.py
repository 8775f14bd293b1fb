"""Everything that is true without a screen: PKI, media, identity, life cycle, audit, command line."""

__version__ = "0.1.0"
