-- +goose Up
-- Which state each part of an organisation is in: what was read of it may be kept for as long as its stamp stays.
CREATE TABLE scopes (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  scope TEXT NOT NULL CHECK (length(scope) BETWEEN 1 AND 20),
  stamp INTEGER NOT NULL,
  PRIMARY KEY (org_id, scope)
) STRICT, WITHOUT ROWID;

-- Older programs would write without stamping.
INSERT INTO schema_marks (version, oldest) VALUES (4, 4);
