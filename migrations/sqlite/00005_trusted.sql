-- +goose Up
-- Acts are chained: the chain of each is a hash of the one before it, of itself and of its events, so that nothing can be changed, removed or
-- put in between unnoticed. A salt stands beside what may have to be erased one day, so that its hash does not tell it; when it has been erased,
-- its hash stands in digest, and in erased the revision of the act that did it.
ALTER TABLE acts ADD COLUMN request TEXT NOT NULL DEFAULT '' CHECK (length(request) <= 36);
ALTER TABLE acts ADD COLUMN address TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 64);
ALTER TABLE acts ADD COLUMN sign_in TEXT NOT NULL DEFAULT '' CHECK (length(sign_in) <= 12);
ALTER TABLE acts ADD COLUMN salt TEXT NOT NULL DEFAULT '' CHECK (length(salt) <= 26);
ALTER TABLE acts ADD COLUMN chain TEXT NOT NULL DEFAULT '' CHECK (length(chain) <= 64);
ALTER TABLE acts ADD COLUMN digest TEXT NOT NULL DEFAULT '' CHECK (length(digest) <= 64);
ALTER TABLE acts ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN salt TEXT NOT NULL DEFAULT '' CHECK (length(salt) <= 26);
ALTER TABLE events ADD COLUMN digest TEXT NOT NULL DEFAULT '' CHECK (length(digest) <= 64);
ALTER TABLE events ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;

-- What happens outside any pen: sign-ins, accounts, reads and exports. Each organisation has a log of its own, and so has what belongs
-- to none (org_id ''); it is chained like the acts.
DROP TABLE access_log;
CREATE TABLE accesses (
  org_id TEXT NOT NULL CHECK (length(org_id) <= 36),
  n INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  account_id TEXT NOT NULL CHECK (length(account_id) <= 36),
  name TEXT NOT NULL CHECK (length(name) <= 100),
  action TEXT NOT NULL CHECK (length(action) <= 40),
  subject TEXT NOT NULL CHECK (length(subject) <= 100),
  before_json TEXT,
  after_json TEXT,
  request TEXT NOT NULL CHECK (length(request) <= 36),
  address TEXT NOT NULL CHECK (length(address) <= 64),
  sign_in TEXT NOT NULL CHECK (length(sign_in) <= 12),
  salt TEXT NOT NULL CHECK (length(salt) <= 26),
  chain TEXT NOT NULL CHECK (length(chain) <= 64),
  digest TEXT NOT NULL DEFAULT '' CHECK (length(digest) <= 64),
  erased INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX accesses_account ON accesses (org_id, account_id, n);

-- How far each access log is. Whoever adds to it locks its row first.
CREATE TABLE access_heads (
  org_id TEXT NOT NULL PRIMARY KEY CHECK (length(org_id) <= 36),
  n INTEGER NOT NULL,
  chain TEXT NOT NULL CHECK (length(chain) <= 64)
) STRICT, WITHOUT ROWID;

-- What an account proves itself with beside a password.
CREATE TABLE factors (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  id TEXT NOT NULL CHECK (length(id) = 36),
  kind TEXT NOT NULL CHECK (length(kind) <= 16),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  secret TEXT NOT NULL CHECK (length(secret) <= 8000),
  handle TEXT UNIQUE CHECK (length(handle) <= 700),
  last_step INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  used_ms INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (account_id, id)
) STRICT;

CREATE TABLE recovery_codes (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  used_ms INTEGER NOT NULL,
  PRIMARY KEY (account_id, hash)
) STRICT;

-- Who an account is at a provider of identities.
CREATE TABLE identities (
  issuer TEXT NOT NULL CHECK (length(issuer) BETWEEN 1 AND 255),
  subject TEXT NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT;
CREATE INDEX identities_account ON identities (account_id);

INSERT INTO leases (name, holder, ends_ms) VALUES ('erasure', '', 0);

-- Older programs would write without chaining.
INSERT INTO schema_marks (version, oldest) VALUES (5, 5);
