-- +goose Up
-- The twin of sqlite/00002_several_programs.sql.

CREATE TABLE IF NOT EXISTS schema_marks (
  version BIGINT NOT NULL PRIMARY KEY,
  oldest BIGINT NOT NULL
) ENGINE = InnoDB;
REPLACE INTO schema_marks (version, oldest) VALUES (1, 1), (2, 1);

CREATE TABLE IF NOT EXISTS gates (
  name VARCHAR(21) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(name) <= 20),
  passes BIGINT NOT NULL
) ENGINE = InnoDB;
REPLACE INTO gates (name, passes) VALUES ('accounts', 0),
  ('sign_in_0', 0), ('sign_in_1', 0), ('sign_in_2', 0), ('sign_in_3', 0), ('sign_in_4', 0), ('sign_in_5', 0), ('sign_in_6', 0), ('sign_in_7', 0);

CREATE TABLE IF NOT EXISTS leases (
  name VARCHAR(41) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(name) <= 40),
  holder VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(holder) <= 64),
  ends_ms BIGINT NOT NULL
) ENGINE = InnoDB;
REPLACE INTO leases (name, holder, ends_ms) VALUES ('pruning', '', 0);

CREATE TABLE IF NOT EXISTS imports (
  digest VARCHAR(65) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(digest) = 64),
  org_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(org_id) <= 36),
  kept BIGINT NOT NULL,
  ended_ms BIGINT NOT NULL
) ENGINE = InnoDB;
