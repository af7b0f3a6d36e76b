-- +goose Up
-- The twin of sqlite/00005_trusted.sql. A server may have stopped half-way before: what is there stays.

SET @add = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'acts' AND column_name = 'chain') > 0, 'DO 1',
  'ALTER TABLE acts
    ADD COLUMN request VARCHAR(37) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(request) <= 36),
    ADD COLUMN address VARCHAR(65) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(address) <= 64),
    ADD COLUMN sign_in VARCHAR(13) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(sign_in) <= 12),
    ADD COLUMN salt VARCHAR(27) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(salt) <= 26),
    ADD COLUMN chain VARCHAR(65) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(chain) <= 64),
    ADD COLUMN digest VARCHAR(65) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(digest) <= 64),
    ADD COLUMN erased BIGINT NOT NULL DEFAULT 0');
PREPARE adding FROM @add;
EXECUTE adding;
DEALLOCATE PREPARE adding;

SET @add = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'events' AND column_name = 'salt') > 0, 'DO 1',
  'ALTER TABLE events
    ADD COLUMN salt VARCHAR(27) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(salt) <= 26),
    ADD COLUMN digest VARCHAR(65) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(digest) <= 64),
    ADD COLUMN erased BIGINT NOT NULL DEFAULT 0');
PREPARE adding FROM @add;
EXECUTE adding;
DEALLOCATE PREPARE adding;

DROP TABLE IF EXISTS access_log;
CREATE TABLE IF NOT EXISTS accesses (
  org_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(org_id) <= 36),
  n BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  account_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(account_id) <= 36),
  name VARCHAR(101) NOT NULL CHECK (CHAR_LENGTH(name) <= 100),
  action VARCHAR(41) NOT NULL CHECK (CHAR_LENGTH(action) <= 40),
  subject VARCHAR(101) NOT NULL CHECK (CHAR_LENGTH(subject) <= 100),
  before_json MEDIUMTEXT,
  after_json MEDIUMTEXT,
  request VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(request) <= 36),
  address VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(address) <= 64),
  sign_in VARCHAR(13) NOT NULL CHECK (CHAR_LENGTH(sign_in) <= 12),
  salt VARCHAR(27) NOT NULL CHECK (CHAR_LENGTH(salt) <= 26),
  chain VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(chain) <= 64),
  digest VARCHAR(65) NOT NULL DEFAULT '' CHECK (CHAR_LENGTH(digest) <= 64),
  erased BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, n),
  KEY accesses_account (org_id, account_id, n)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS access_heads (
  org_id VARCHAR(37) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(org_id) <= 36),
  n BIGINT NOT NULL,
  chain VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(chain) <= 64)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS factors (
  account_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  kind VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(kind) <= 16),
  name VARCHAR(61) NOT NULL CHECK (CHAR_LENGTH(name) BETWEEN 1 AND 60),
  secret MEDIUMTEXT NOT NULL CHECK (CHAR_LENGTH(secret) <= 8000),
  handle VARCHAR(701) CHECK (CHAR_LENGTH(handle) <= 700),
  last_step BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  used_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  UNIQUE (handle),
  FOREIGN KEY (account_id) REFERENCES accounts (id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS recovery_codes (
  account_id VARCHAR(37) NOT NULL,
  hash VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(hash) = 64),
  used_ms BIGINT NOT NULL,
  PRIMARY KEY (account_id, hash),
  FOREIGN KEY (account_id) REFERENCES accounts (id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS identities (
  issuer VARCHAR(256) NOT NULL CHECK (CHAR_LENGTH(issuer) BETWEEN 1 AND 255),
  subject VARCHAR(256) NOT NULL CHECK (CHAR_LENGTH(subject) BETWEEN 1 AND 255),
  account_id VARCHAR(37) NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject),
  KEY identities_account (account_id),
  FOREIGN KEY (account_id) REFERENCES accounts (id)
) ENGINE = InnoDB;

INSERT IGNORE INTO leases (name, holder, ends_ms) VALUES ('erasure', '', 0);
REPLACE INTO schema_marks (version, oldest) VALUES (5, 5);
