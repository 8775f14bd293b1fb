"""What is remembered and what is read: registry, catalogues, profiles, policy, system files."""
