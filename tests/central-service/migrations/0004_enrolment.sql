-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Invitations to enrol: one a unit, a new one takes the place of the last. The code itself is
-- nowhere: it has 100 bits, so that its plain hash tells nobody anything.

CREATE TABLE invitations (
    unit                TEXT   NOT NULL PRIMARY KEY REFERENCES units (urn),
    operator            TEXT   NOT NULL,             -- O of the certificate
    code_hash           BLOB   NOT NULL,             -- SHA-256
    allows_without_tpm  BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL,
    tries_left          BIGINT NOT NULL CHECK (tries_left >= 0),
    key_hash            BLOB,                        -- of the key that it was used for
    certificate         BLOB,                        -- for that key, should its answer be lost
    CHECK ((key_hash IS NULL) = (certificate IS NULL))
);
