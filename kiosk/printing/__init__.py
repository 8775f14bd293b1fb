"""Slips on paper: the picture that is printed, the commands of ESC/POS, and the printer at the other end."""
