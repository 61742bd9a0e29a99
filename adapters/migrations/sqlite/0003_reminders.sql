-- When an artist said that they want no reminders; NULL for who wants them.

ALTER TABLE artists ADD COLUMN unsubscribed_at INTEGER;
