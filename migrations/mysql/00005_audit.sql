-- +goose Up
-- The twin of sqlite/00005_audit.sql. A server may have stopped half-way before: what is there stays.

SET @add = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'acts' AND column_name = 'chain') > 0, 'DO 1',
  'ALTER TABLE acts
    ADD COLUMN request VARCHAR(37) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(request) <= 36),
    ADD COLUMN address VARCHAR(65) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(address) <= 64),
    ADD COLUMN sign_in VARCHAR(13) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(sign_in) <= 12),
    ADD COLUMN salt VARCHAR(27) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(salt) <= 26),
    ADD COLUMN chain VARCHAR(65) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(chain) <= 64),
    ADD INDEX acts_at (org_id, at_ms)');
PREPARE adding FROM @add;
EXECUTE adding;
DEALLOCATE PREPARE adding;

SET @add = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'events' AND column_name = 'salt') > 0, 'DO 1',
  'ALTER TABLE events ADD COLUMN salt VARCHAR(27) NOT NULL DEFAULT '''' CHECK (CHAR_LENGTH(salt) <= 26)');
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
  PRIMARY KEY (org_id, n),
  KEY accesses_at (org_id, at_ms),
  KEY accesses_account (org_id, account_id, n)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS access_heads (
  org_id VARCHAR(37) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(org_id) <= 36),
  n BIGINT NOT NULL,
  chain VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(chain) <= 64)
) ENGINE = InnoDB;

REPLACE INTO schema_marks (version, oldest) VALUES (5, 5);
