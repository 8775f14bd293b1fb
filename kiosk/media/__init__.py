"""Where certificates are kept: directories that are sticks or disks."""
