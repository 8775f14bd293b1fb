"""Seeing to it that nobody is surprised by a certificate that has expired."""
