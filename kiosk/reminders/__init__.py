"""Reminders that reach people before their certificate ends."""
