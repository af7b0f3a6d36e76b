-- +goose Up
-- What several programs on one database need, and indexes for every reference.

-- For each schema: the oldest one whose programs still run on it.
CREATE TABLE schema_marks (
  version INTEGER NOT NULL PRIMARY KEY,
  oldest INTEGER NOT NULL
) STRICT;
INSERT INTO schema_marks (version, oldest) VALUES (1, 1), (2, 1);

-- A gate is passed by one transaction at a time: whoever must count before it writes, where no organisation's pen is held, first
-- adds to its row.
CREATE TABLE gates (
  name TEXT NOT NULL PRIMARY KEY CHECK (length(name) <= 20),
  passes INTEGER NOT NULL
) STRICT;
INSERT INTO gates (name, passes) VALUES ('accounts', 0),
  ('sign_in_0', 0), ('sign_in_1', 0), ('sign_in_2', 0), ('sign_in_3', 0), ('sign_in_4', 0), ('sign_in_5', 0), ('sign_in_6', 0), ('sign_in_7', 0);

-- A lease says which program does a thing that only one of them should do, and until when.
CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY CHECK (length(name) <= 40),
  holder TEXT NOT NULL CHECK (length(holder) <= 64),
  ends_ms INTEGER NOT NULL
) STRICT;
INSERT INTO leases (name, holder, ends_ms) VALUES ('pruning', '', 0);

-- How far a file has been imported, so that an import that was cut short goes on.
CREATE TABLE imports (
  digest TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64),
  org_id TEXT NOT NULL CHECK (length(org_id) <= 36),
  kept INTEGER NOT NULL,
  ended_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX published_code ON published_shifts (org_id, code_id);
CREATE INDEX needs_code ON needs (org_id, code_id);
CREATE INDEX codes_follower ON codes (org_id, follower_id);
CREATE INDEX cell_locks_site ON cell_locks (org_id, site_id);
CREATE INDEX members_staff ON members (org_id, staff_id);
CREATE INDEX staff_active ON staff (org_id, active_to);
