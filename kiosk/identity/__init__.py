"""Ways to find out that a person is who they say."""
