"""What signs certificates: the built-in authority."""
