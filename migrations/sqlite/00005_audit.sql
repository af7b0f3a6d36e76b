-- +goose Up
-- Acts are chained: the chain of each is a hash of the one before it, of itself and of its events, so that nothing can be changed, removed or
-- put in between unnoticed. A salt stands beside what may have to be erased one day, so that its hash does not tell it.
ALTER TABLE acts ADD COLUMN request TEXT NOT NULL DEFAULT '' CHECK (length(request) <= 36);
ALTER TABLE acts ADD COLUMN address TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 64);
ALTER TABLE acts ADD COLUMN sign_in TEXT NOT NULL DEFAULT '' CHECK (length(sign_in) <= 12);
ALTER TABLE acts ADD COLUMN salt TEXT NOT NULL DEFAULT '' CHECK (length(salt) <= 26);
ALTER TABLE acts ADD COLUMN chain TEXT NOT NULL DEFAULT '' CHECK (length(chain) <= 64);
ALTER TABLE events ADD COLUMN salt TEXT NOT NULL DEFAULT '' CHECK (length(salt) <= 26);
CREATE INDEX acts_at ON acts (org_id, at_ms);

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
  PRIMARY KEY (org_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX accesses_at ON accesses (org_id, at_ms);
CREATE INDEX accesses_account ON accesses (org_id, account_id, n);

-- How far each access log is. Whoever adds to it locks its row first.
CREATE TABLE access_heads (
  org_id TEXT NOT NULL PRIMARY KEY CHECK (length(org_id) <= 36),
  n INTEGER NOT NULL,
  chain TEXT NOT NULL CHECK (length(chain) <= 64)
) STRICT, WITHOUT ROWID;

-- Older programs would write without chaining.
INSERT INTO schema_marks (version, oldest) VALUES (5, 5);
