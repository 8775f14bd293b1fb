"""What happens to a certificate from the first request on."""
