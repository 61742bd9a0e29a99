-- Who sends no mail for now, and why: one row for each sender that pauses, for operators to see.
CREATE TABLE mail_pauses (
    sender BLOB PRIMARY KEY CHECK (length(sender) = 16),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
