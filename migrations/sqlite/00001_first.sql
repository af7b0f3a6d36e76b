-- +goose Up
-- Oldest program that runs on this: 0.1. Every reference carries the organisation, so that the engine itself refuses a row that
-- points into another one. Days are CHAR(10), spans minutes, instants ms UTC, lists JSON text read by the program.

CREATE TABLE orgs (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  slug TEXT NOT NULL UNIQUE CHECK (length(slug) <= 40),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  timezone TEXT NOT NULL CHECK (length(timezone) <= 64),
  language TEXT NOT NULL CHECK (length(language) <= 16),
  settings TEXT NOT NULL,
  revision INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE acts (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  revision INTEGER NOT NULL,
  actor_id TEXT NOT NULL CHECK (length(actor_id) <= 36),
  actor_name TEXT NOT NULL CHECK (length(actor_name) <= 100),
  act_key TEXT NOT NULL CHECK (length(act_key) <= 64),
  kind TEXT NOT NULL CHECK (length(kind) <= 40),
  place TEXT NOT NULL CHECK (length(place) <= 64),
  undoes INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (org_id, revision),
  UNIQUE (org_id, act_key)
) STRICT;
CREATE INDEX acts_actor ON acts (org_id, actor_id, place, revision);
CREATE INDEX acts_undoes ON acts (org_id, undoes);

CREATE TABLE events (
  org_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  n INTEGER NOT NULL,
  name TEXT NOT NULL CHECK (length(name) <= 40),
  site_id TEXT NOT NULL CHECK (length(site_id) <= 36),
  staff_id TEXT NOT NULL CHECK (length(staff_id) <= 36),
  day TEXT NOT NULL CHECK (length(day) <= 10),
  subject_id TEXT NOT NULL CHECK (length(subject_id) <= 36),
  before_json TEXT,
  after_json TEXT,
  PRIMARY KEY (org_id, revision, n),
  FOREIGN KEY (org_id, revision) REFERENCES acts (org_id, revision)
) STRICT;
CREATE INDEX events_cell ON events (org_id, day, staff_id, revision);

CREATE TABLE sites (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  id TEXT NOT NULL CHECK (length(id) = 36),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  start_day INTEGER NOT NULL CHECK (start_day BETWEEN 1 AND 28),
  off_days INTEGER NOT NULL,
  position INTEGER NOT NULL,
  archived INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT;

CREATE TABLE jobs (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  id TEXT NOT NULL CHECK (length(id) = 36),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 30),
  position INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, name)
) STRICT;

CREATE TABLE staff (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  id TEXT NOT NULL CHECK (length(id) = 36),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  kana TEXT NOT NULL CHECK (length(kana) <= 100),
  class TEXT NOT NULL CHECK (length(class) <= 16),
  birth_day TEXT NOT NULL CHECK (length(birth_day) <= 10),
  phone TEXT NOT NULL CHECK (length(phone) <= 30),
  email TEXT NOT NULL CHECK (length(email) <= 254),
  language TEXT NOT NULL CHECK (length(language) <= 16),
  home_site_id TEXT NOT NULL,
  jobs TEXT NOT NULL,
  skills TEXT NOT NULL,
  active_from TEXT NOT NULL CHECK (length(active_from) <= 10),
  active_to TEXT NOT NULL CHECK (length(active_to) <= 10),
  approval TEXT NOT NULL CHECK (length(approval) <= 16),
  position INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, home_site_id) REFERENCES sites (org_id, id)
) STRICT;
CREATE INDEX staff_home ON staff (org_id, home_site_id);

CREATE TABLE contracts (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL CHECK (length(id) = 36),
  staff_id TEXT NOT NULL,
  from_day TEXT NOT NULL CHECK (length(from_day) = 10),
  to_day TEXT NOT NULL CHECK (length(to_day) <= 10),
  full_time INTEGER NOT NULL,
  exclusive INTEGER NOT NULL,
  weekly INTEGER NOT NULL,
  weekly_max INTEGER NOT NULL,
  week_days INTEGER NOT NULL,
  no_night INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id)
) STRICT;
CREATE INDEX contracts_staff ON contracts (org_id, staff_id, from_day);

CREATE TABLE codes (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  id TEXT NOT NULL CHECK (length(id) = 36),
  symbol TEXT NOT NULL CHECK (length(symbol) BETWEEN 1 AND 2),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 30),
  kind TEXT NOT NULL CHECK (length(kind) <= 16),
  start_min INTEGER NOT NULL,
  end_min INTEGER NOT NULL,
  break_min INTEGER NOT NULL,
  color TEXT NOT NULL CHECK (length(color) <= 16),
  pattern TEXT NOT NULL CHECK (length(pattern) <= 16),
  follower_id TEXT,
  valid_from TEXT NOT NULL CHECK (length(valid_from) <= 10),
  valid_to TEXT NOT NULL CHECK (length(valid_to) <= 10),
  position INTEGER NOT NULL,
  external TEXT NOT NULL CHECK (length(external) <= 20),
  version INTEGER NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, follower_id) REFERENCES codes (org_id, id)
) STRICT;

CREATE TABLE holidays (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  id TEXT NOT NULL CHECK (length(id) = 36),
  day TEXT NOT NULL CHECK (length(day) = 10),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  working INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, day)
) STRICT;

CREATE TABLE needs (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL CHECK (length(id) = 36),
  site_id TEXT NOT NULL,
  code_id TEXT NOT NULL,
  weekday INTEGER NOT NULL CHECK (weekday BETWEEN -1 AND 7),
  day TEXT NOT NULL CHECK (length(day) <= 10),
  wanted INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, site_id, code_id, weekday, day),
  FOREIGN KEY (org_id, site_id) REFERENCES sites (org_id, id),
  FOREIGN KEY (org_id, code_id) REFERENCES codes (org_id, id)
) STRICT;

CREATE TABLE rosters (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL CHECK (length(id) = 36),
  site_id TEXT NOT NULL,
  first_day TEXT NOT NULL CHECK (length(first_day) = 10),
  last_day TEXT NOT NULL CHECK (length(last_day) = 10),
  state TEXT NOT NULL CHECK (length(state) <= 16),
  published INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  published_ms INTEGER NOT NULL,
  off_days INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, site_id, first_day),
  FOREIGN KEY (org_id, site_id) REFERENCES sites (org_id, id)
) STRICT;

CREATE TABLE cell_locks (
  org_id TEXT NOT NULL,
  staff_id TEXT NOT NULL,
  day TEXT NOT NULL CHECK (length(day) = 10),
  site_id TEXT NOT NULL,
  PRIMARY KEY (org_id, staff_id, day),
  FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id),
  FOREIGN KEY (org_id, site_id) REFERENCES sites (org_id, id)
) STRICT;

-- A person's days lie side by side, as in engines that order rows by key: a month is read in one sweep a person.
CREATE TABLE shifts (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL CHECK (length(id) = 36),
  site_id TEXT NOT NULL,
  staff_id TEXT NOT NULL,
  day TEXT NOT NULL CHECK (length(day) = 10),
  code_id TEXT NOT NULL,
  start_min INTEGER NOT NULL,
  end_min INTEGER NOT NULL,
  break_min INTEGER NOT NULL,
  note TEXT NOT NULL CHECK (length(note) <= 500),
  approval TEXT NOT NULL CHECK (length(approval) <= 16),
  version INTEGER NOT NULL,
  PRIMARY KEY (org_id, staff_id, day, id),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, site_id) REFERENCES sites (org_id, id),
  FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id),
  FOREIGN KEY (org_id, code_id) REFERENCES codes (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX shifts_day ON shifts (org_id, day);
CREATE INDEX shifts_site ON shifts (org_id, site_id, day);
CREATE INDEX shifts_away ON shifts (org_id, staff_id, site_id, day);
CREATE INDEX shifts_code ON shifts (org_id, code_id);

CREATE TABLE published_shifts (
  org_id TEXT NOT NULL,
  roster_id TEXT NOT NULL,
  published INTEGER NOT NULL,
  shift_id TEXT NOT NULL CHECK (length(shift_id) = 36),
  site_id TEXT NOT NULL,
  staff_id TEXT NOT NULL,
  day TEXT NOT NULL CHECK (length(day) = 10),
  code_id TEXT NOT NULL,
  start_min INTEGER NOT NULL,
  end_min INTEGER NOT NULL,
  break_min INTEGER NOT NULL,
  note TEXT NOT NULL CHECK (length(note) <= 500),
  PRIMARY KEY (org_id, roster_id, published, shift_id),
  FOREIGN KEY (org_id, roster_id) REFERENCES rosters (org_id, id),
  FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id),
  FOREIGN KEY (org_id, code_id) REFERENCES codes (org_id, id)
) STRICT;
CREATE INDEX published_staff ON published_shifts (org_id, staff_id, day);
CREATE INDEX published_site ON published_shifts (org_id, site_id, day);

CREATE TABLE import_refs (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  source TEXT NOT NULL CHECK (length(source) <= 64),
  table_name TEXT NOT NULL CHECK (length(table_name) <= 64),
  old_id TEXT NOT NULL CHECK (length(old_id) <= 64),
  new_id TEXT NOT NULL CHECK (length(new_id) <= 36),
  digest TEXT NOT NULL CHECK (length(digest) <= 64),
  PRIMARY KEY (org_id, source, table_name, old_id)
) STRICT;

-- Accounts and what hangs on them: no organisation's pen guards these, and they never wait for one.

CREATE TABLE accounts (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 150),
  name_key TEXT NOT NULL UNIQUE CHECK (length(name_key) <= 150),
  email TEXT NOT NULL CHECK (length(email) <= 254),
  email_key TEXT UNIQUE CHECK (length(email_key) <= 254),
  display TEXT NOT NULL CHECK (length(display) <= 100),
  password TEXT NOT NULL CHECK (length(password) <= 255),
  language TEXT NOT NULL CHECK (length(language) <= 16),
  theme TEXT NOT NULL CHECK (length(theme) <= 16),
  disabled INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  id TEXT NOT NULL CHECK (length(id) = 36),
  account_id TEXT REFERENCES accounts (id),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  role TEXT NOT NULL CHECK (length(role) <= 16),
  staff_id TEXT,
  sites TEXT NOT NULL,
  active INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, account_id),
  FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id)
) STRICT;
CREATE INDEX members_account ON members (account_id);

CREATE TABLE sign_ins (
  hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
  account_id TEXT NOT NULL CHECK (length(account_id) <= 36),
  session_values TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL,
  ends_ms INTEGER NOT NULL,
  address TEXT NOT NULL CHECK (length(address) <= 64),
  agent TEXT NOT NULL CHECK (length(agent) <= 255)
) STRICT;
CREATE INDEX sign_ins_account ON sign_ins (account_id);
CREATE INDEX sign_ins_ends ON sign_ins (ends_ms);

CREATE TABLE links (
  hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
  kind TEXT NOT NULL CHECK (length(kind) <= 16),
  org_id TEXT NOT NULL CHECK (length(org_id) <= 36),
  member_id TEXT NOT NULL CHECK (length(member_id) <= 36),
  account_id TEXT NOT NULL CHECK (length(account_id) <= 36),
  ends_ms INTEGER NOT NULL,
  used_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE sign_in_failures (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  account_key TEXT NOT NULL CHECK (length(account_key) = 64),
  address TEXT NOT NULL CHECK (length(address) <= 64),
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_failures_address ON sign_in_failures (address, at_ms);

CREATE TABLE access_log (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  org_id TEXT NOT NULL CHECK (length(org_id) <= 36),
  account_id TEXT NOT NULL CHECK (length(account_id) <= 36),
  action TEXT NOT NULL CHECK (length(action) <= 40),
  subject TEXT NOT NULL CHECK (length(subject) <= 100),
  address TEXT NOT NULL CHECK (length(address) <= 64),
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX access_log_at ON access_log (at_ms);

-- The planner takes a table it knows nothing of for a small one and would walk all shifts of an organisation to find those of a day.
-- These are the proportions of an organisation of a hundred people after a year.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('shifts', 'shifts', '400000 40000 400 2 1'),
  ('shifts', 'sqlite_autoindex_shifts_2', '400000 40000 1 1 1'),
  ('shifts', 'shifts_day', '400000 40000 120 1 1'),
  ('shifts', 'shifts_site', '400000 40000 12000 40 1 1'),
  ('shifts', 'shifts_away', '400000 40000 400 350 1 1'),
  ('shifts', 'shifts_code', '400000 40000 3000 40 1 1');
