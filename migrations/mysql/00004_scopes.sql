-- +goose Up
-- The twin of sqlite/00004_scopes.sql.

CREATE TABLE IF NOT EXISTS scopes (
  org_id VARCHAR(37) NOT NULL,
  scope VARCHAR(21) NOT NULL CHECK (CHAR_LENGTH(scope) BETWEEN 1 AND 20),
  stamp BIGINT NOT NULL,
  PRIMARY KEY (org_id, scope),
  FOREIGN KEY (org_id) REFERENCES orgs (id)
) ENGINE = InnoDB;

REPLACE INTO schema_marks (version, oldest) VALUES (4, 4);
