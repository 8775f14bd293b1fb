"""The steps that a walk-up person sees, one file each; `flows` says their order."""
