-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Reservations, sessions, tickets and what came of them. `line` is the audit line that a row was
-- made with: the one order of everything that happened, also between two events of one millisecond.

CREATE TABLE reservations (
    id             TEXT   NOT NULL PRIMARY KEY,
    card_id        TEXT   NOT NULL REFERENCES cards (card_id),
    target         TEXT   NOT NULL CHECK (target IN ('signature', 'user-authentication')),
    made_at        BIGINT NOT NULL,
    state          TEXT   NOT NULL
                   CHECK (state IN ('OPEN', 'HELD', 'ISSUED', 'CONSUMED', 'UNRESOLVED')),
    state_since    BIGINT NOT NULL,
    session_id     TEXT,                     -- holds it, or held it last
    held_until     BIGINT,
    superseded_by  TEXT REFERENCES reservations (id) DEFERRABLE INITIALLY DEFERRED,
    line           BIGINT NOT NULL,
    CHECK (state IN ('OPEN', 'CONSUMED') OR session_id IS NOT NULL)
);
-- One reservation a card is the current one.
CREATE UNIQUE INDEX current_reservation ON reservations (card_id) WHERE superseded_by IS NULL;

CREATE TABLE sessions (
    id                      TEXT   NOT NULL PRIMARY KEY,
    unit                    TEXT   NOT NULL REFERENCES units (urn),
    kiosk_id                BLOB   NOT NULL,  -- fixed when the session opens
    card_id                 TEXT   NOT NULL REFERENCES cards (card_id),
    reservation_id          TEXT   NOT NULL REFERENCES reservations (id),
    nonce                   BLOB   NOT NULL UNIQUE,
    attestation_key         BLOB   NOT NULL,  -- point of 00E1
    authentication_key      BLOB   NOT NULL,  -- RSAPublicKey of 000A
    authentication_serial   TEXT   NOT NULL,
    authentication_expires  BIGINT NOT NULL,
    software                TEXT   NOT NULL,
    opened_at               BIGINT NOT NULL,
    expires_at              BIGINT NOT NULL,
    granted_until           BIGINT,
    result                  TEXT CHECK (result IN ('abandoned', 'unknown', 'not_done', 'done')),
    line                    BIGINT NOT NULL
);

CREATE TABLE tickets (
    id              TEXT   NOT NULL PRIMARY KEY,
    session_id      TEXT   NOT NULL REFERENCES sessions (id),
    reservation_id  TEXT   NOT NULL REFERENCES reservations (id),
    card_id         TEXT   NOT NULL REFERENCES cards (card_id),
    counter         BIGINT NOT NULL,
    key_number      BIGINT NOT NULL,
    issued_at       BIGINT NOT NULL,
    not_after       BIGINT NOT NULL,
    settled         TEXT CHECK (settled IN ('done', 'not_done', 'superseded')),
    evidence        TEXT CHECK (evidence IN ('card', 'kiosk', 'operator')),
    settled_at      BIGINT,
    line            BIGINT NOT NULL,
    UNIQUE (card_id, counter)
);
CREATE INDEX unsettled_tickets ON tickets (card_id) WHERE settled IS NULL;

CREATE TABLE receipts (
    line          BIGINT NOT NULL PRIMARY KEY,
    card_id       TEXT   NOT NULL,
    unit          TEXT   NOT NULL,
    from_revoked  BIGINT NOT NULL,
    session_id    TEXT,
    nonce         BLOB   NOT NULL,
    receipt       BLOB   NOT NULL,
    result        TEXT   NOT NULL,
    recorded_at   BIGINT NOT NULL
);

CREATE TABLE outcomes (
    line          BIGINT NOT NULL PRIMARY KEY,
    session_id    TEXT   NOT NULL REFERENCES sessions (id),
    unit          TEXT   NOT NULL,
    from_revoked  BIGINT NOT NULL,
    posted        TEXT   NOT NULL,
    recorded      TEXT   NOT NULL,
    ending        TEXT   NOT NULL,
    receipt       BLOB,
    recorded_at   BIGINT NOT NULL,
    audit_head    BLOB   NOT NULL
);

CREATE TABLE idempotency (
    unit       TEXT   NOT NULL,
    path       TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    body_hash  BLOB   NOT NULL,
    status     BIGINT NOT NULL,
    answer     BLOB   NOT NULL,
    stored_at  BIGINT NOT NULL,
    PRIMARY KEY (unit, path, key)
);
CREATE INDEX idempotency_age ON idempotency (stored_at);
