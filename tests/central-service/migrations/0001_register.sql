-- SPDX-License-Identifier: MIT OR Apache-2.0
-- The register: what the service holds of a card, a certificate and a kiosk. No name, no PIN.
-- Times are milliseconds since 1970 in UTC; ids are lower-case text. Nothing here is SQLite's own
-- but the triggers of 0003, so that PostgreSQL can follow.

CREATE TABLE cards (
    card_id                TEXT   NOT NULL PRIMARY KEY,
    authentication_key     BLOB   NOT NULL,  -- SHA-256 over the SubjectPublicKeyInfo
    authentication_serial  TEXT   NOT NULL,
    signature_serial       TEXT,             -- NULL: the card has no signature certificate
    signature_not_after    BIGINT,
    suspended_at           BIGINT,
    counter_reported       BIGINT NOT NULL DEFAULT 0,  -- highest ticket counter in a receipt
    registered_at          BIGINT NOT NULL,
    CHECK ((signature_serial IS NULL) = (signature_not_after IS NULL))
);

-- The certificate status table: by an operator, or from the CRL of that CA.
CREATE TABLE certificate_status (
    authority   TEXT   NOT NULL CHECK (authority IN ('user-authentication', 'digital-signature')),
    serial      TEXT   NOT NULL,
    source      TEXT   NOT NULL CHECK (source IN ('operator', 'crl')),
    reason      TEXT   NOT NULL,
    revoked_at  BIGINT NOT NULL,
    PRIMARY KEY (authority, serial, source)
);

CREATE TABLE revocation_lists (
    authority    TEXT   NOT NULL PRIMARY KEY,
    this_update  BIGINT NOT NULL,
    next_update  BIGINT,
    imported_at  BIGINT NOT NULL
);

CREATE TABLE units (
    urn           TEXT   NOT NULL PRIMARY KEY,  -- urn:kiosk:<store>:<unit>
    store         TEXT   NOT NULL,
    unit          TEXT   NOT NULL,
    first_seen    BIGINT NOT NULL,
    revoked_at    BIGINT,
    heartbeat     TEXT,
    heartbeat_at  BIGINT
);

CREATE TABLE closures (
    id          TEXT   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL CHECK (kind IN ('closed', 'maintenance')),
    from_time   BIGINT NOT NULL,
    until_time  BIGINT NOT NULL
);
