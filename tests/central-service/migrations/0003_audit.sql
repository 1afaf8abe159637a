-- SPDX-License-Identifier: MIT OR Apache-2.0
-- The audit table: append-only, each line chained to the one before. `hash` is SHA-256 over the
-- hash before (32 zero bytes at first) and the bytes of `entry`.

CREATE TABLE audit (
    line   INTEGER NOT NULL PRIMARY KEY,
    entry  TEXT    NOT NULL,
    hash   BLOB    NOT NULL
);

CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit table is append-only'); END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit table is append-only'); END;
