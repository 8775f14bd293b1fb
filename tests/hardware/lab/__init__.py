"""A whole machine for sticks: Debian in QEMU, with virtual USB sticks that are plugged in and pulled at will.

`make test-hardware` builds it, once, and runs the tests in here; no other target collects them.
"""
