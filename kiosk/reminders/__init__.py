"""Reminders that reach people before their certificate ends, if they agreed to it.

Each day's rung of the ladder (`ladder`) becomes one row per certificate, rung and channel (`due`), each row is
sent through its channel until it is taken or given up (`sending`), and a contact is forgotten for good when
nothing needs it any more (`contacts`, `consent`). How messages leave the machine is in `spool` (a GSM modem),
`gateway` (HTTPS), `mail` (SMTP) and `outbox` (practice); `settings` says which of these a machine has.

A job may be killed at any moment, and two may run at once. A row is marked `sending`, and that is on the disk,
before anything leaves; one job at a time sends (a lock that falls with its process), so what a job finds marked
was left by one that died, and it is sent again under the same id. Whether a channel then sends twice:

- spool: the id is in the file's name. A file that is in the modem's outbox, sent or error directory is not made
  again. Its sent and error directories are cleared by us alone, after the row says what became of the message.
- gateway: the id goes with the message, and the contract wants a second one with the same id ignored.
- mail: SMTP has no such thing. The message goes again with the same Message-ID, which mail stores and readers
  know as the same one. This can happen to one message for each job that is killed, between the server's "250" and
  our commit: a reminder that comes twice is better than one that never comes.
"""
