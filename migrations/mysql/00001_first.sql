-- +goose Up
-- The twin of sqlite/00001_first.sql. MySQL commits each statement by itself, so each can be run again: what is there stays.
-- Character set and collation are the database's, which "wakakusa migrate" sets before it begins: exact, trailing blanks count.
-- A column is one wider than its CHECK, because the engine cuts blanks beyond the width in silence.
-- The engine wants an index for every reference; SQLite gets these in 00002.

CREATE TABLE IF NOT EXISTS orgs (
  id VARCHAR(37) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(id) = 36),
  slug VARCHAR(41) NOT NULL UNIQUE CHECK (CHAR_LENGTH(slug) <= 40),
  name VARCHAR(101) NOT NULL CHECK (CHAR_LENGTH(name) BETWEEN 1 AND 100),
  timezone VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(timezone) <= 64),
  language VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(language) <= 16),
  settings MEDIUMTEXT NOT NULL,
  revision BIGINT NOT NULL,
  version BIGINT NOT NULL
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS acts (
  org_id VARCHAR(37) NOT NULL,
  revision BIGINT NOT NULL,
  actor_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(actor_id) <= 36),
  actor_name VARCHAR(101) NOT NULL CHECK (CHAR_LENGTH(actor_name) <= 100),
  act_key VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(act_key) <= 64),
  kind VARCHAR(41) NOT NULL CHECK (CHAR_LENGTH(kind) <= 40),
  place VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(place) <= 64),
  undoes BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (org_id, revision),
  UNIQUE (org_id, act_key),
  KEY acts_actor (org_id, actor_id, place, revision),
  KEY acts_undoes (org_id, undoes),
  FOREIGN KEY (org_id) REFERENCES orgs (id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS events (
  org_id VARCHAR(37) NOT NULL,
  revision BIGINT NOT NULL,
  n INT NOT NULL,
  name VARCHAR(41) NOT NULL CHECK (CHAR_LENGTH(name) <= 40),
  site_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(site_id) <= 36),
  staff_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(staff_id) <= 36),
  day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(day) <= 10),
  subject_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(subject_id) <= 36),
  before_json MEDIUMTEXT,
  after_json MEDIUMTEXT,
  PRIMARY KEY (org_id, revision, n),
  KEY events_cell (org_id, day, staff_id, revision),
  FOREIGN KEY (org_id, revision) REFERENCES acts (org_id, revision)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS sites (
  org_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  name VARCHAR(61) NOT NULL CHECK (CHAR_LENGTH(name) BETWEEN 1 AND 60),
  start_day INT NOT NULL CHECK (start_day BETWEEN 1 AND 28),
  off_days INT NOT NULL,
  position INT NOT NULL,
  archived INT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES orgs (id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS jobs (
  org_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  name VARCHAR(31) NOT NULL CHECK (CHAR_LENGTH(name) BETWEEN 1 AND 30),
  position INT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, name),
  FOREIGN KEY (org_id) REFERENCES orgs (id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS staff (
  org_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  name VARCHAR(101) NOT NULL CHECK (CHAR_LENGTH(name) BETWEEN 1 AND 100),
  kana VARCHAR(101) NOT NULL CHECK (CHAR_LENGTH(kana) <= 100),
  class VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(class) <= 16),
  birth_day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(birth_day) <= 10),
  phone VARCHAR(31) NOT NULL CHECK (CHAR_LENGTH(phone) <= 30),
  email VARCHAR(255) NOT NULL CHECK (CHAR_LENGTH(email) <= 254),
  language VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(language) <= 16),
  home_site_id VARCHAR(37) NOT NULL,
  jobs MEDIUMTEXT NOT NULL,
  skills MEDIUMTEXT NOT NULL,
  active_from VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(active_from) <= 10),
  active_to VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(active_to) <= 10),
  approval VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(approval) <= 16),
  position INT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY staff_home (org_id, home_site_id),
  KEY staff_active (org_id, active_to),
  FOREIGN KEY (org_id) REFERENCES orgs (id),
  FOREIGN KEY (org_id, home_site_id) REFERENCES sites (org_id, id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS contracts (
  org_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  staff_id VARCHAR(37) NOT NULL,
  from_day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(from_day) = 10),
  to_day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(to_day) <= 10),
  full_time INT NOT NULL,
  exclusive INT NOT NULL,
  weekly INT NOT NULL,
  weekly_max INT NOT NULL,
  week_days INT NOT NULL,
  no_night INT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY contracts_staff (org_id, staff_id, from_day),
  FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS codes (
  org_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  symbol VARCHAR(3) NOT NULL CHECK (CHAR_LENGTH(symbol) BETWEEN 1 AND 2),
  name VARCHAR(31) NOT NULL CHECK (CHAR_LENGTH(name) BETWEEN 1 AND 30),
  kind VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(kind) <= 16),
  start_min INT NOT NULL,
  end_min INT NOT NULL,
  break_min INT NOT NULL,
  color VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(color) <= 16),
  pattern VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(pattern) <= 16),
  follower_id VARCHAR(37),
  valid_from VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(valid_from) <= 10),
  valid_to VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(valid_to) <= 10),
  position INT NOT NULL,
  external VARCHAR(21) NOT NULL CHECK (CHAR_LENGTH(external) <= 20),
  version BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY codes_follower (org_id, follower_id),
  FOREIGN KEY (org_id) REFERENCES orgs (id),
  FOREIGN KEY (org_id, follower_id) REFERENCES codes (org_id, id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS holidays (
  org_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(day) = 10),
  name VARCHAR(61) NOT NULL CHECK (CHAR_LENGTH(name) BETWEEN 1 AND 60),
  working INT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, day),
  FOREIGN KEY (org_id) REFERENCES orgs (id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS needs (
  org_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  site_id VARCHAR(37) NOT NULL,
  code_id VARCHAR(37) NOT NULL,
  weekday INT NOT NULL CHECK (weekday BETWEEN -1 AND 7),
  day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(day) <= 10),
  wanted INT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, site_id, code_id, weekday, day),
  KEY needs_code (org_id, code_id),
  FOREIGN KEY (org_id, site_id) REFERENCES sites (org_id, id),
  FOREIGN KEY (org_id, code_id) REFERENCES codes (org_id, id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS rosters (
  org_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  site_id VARCHAR(37) NOT NULL,
  first_day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(first_day) = 10),
  last_day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(last_day) = 10),
  state VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(state) <= 16),
  published INT NOT NULL,
  published_at BIGINT NOT NULL,
  published_ms BIGINT NOT NULL,
  off_days INT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, site_id, first_day),
  FOREIGN KEY (org_id, site_id) REFERENCES sites (org_id, id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS cell_locks (
  org_id VARCHAR(37) NOT NULL,
  staff_id VARCHAR(37) NOT NULL,
  day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(day) = 10),
  site_id VARCHAR(37) NOT NULL,
  PRIMARY KEY (org_id, staff_id, day),
  KEY cell_locks_site (org_id, site_id),
  FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id),
  FOREIGN KEY (org_id, site_id) REFERENCES sites (org_id, id)
) ENGINE = InnoDB;

-- A person's days lie side by side: rows are ordered by key.
CREATE TABLE IF NOT EXISTS shifts (
  org_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  site_id VARCHAR(37) NOT NULL,
  staff_id VARCHAR(37) NOT NULL,
  day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(day) = 10),
  code_id VARCHAR(37) NOT NULL,
  start_min INT NOT NULL,
  end_min INT NOT NULL,
  break_min INT NOT NULL,
  note VARCHAR(501) NOT NULL CHECK (CHAR_LENGTH(note) <= 500),
  approval VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(approval) <= 16),
  version BIGINT NOT NULL,
  PRIMARY KEY (org_id, staff_id, day, id),
  UNIQUE (org_id, id),
  KEY shifts_day (org_id, day),
  KEY shifts_site (org_id, site_id, day),
  KEY shifts_away (org_id, staff_id, site_id, day),
  KEY shifts_code (org_id, code_id),
  FOREIGN KEY (org_id, site_id) REFERENCES sites (org_id, id),
  FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id),
  FOREIGN KEY (org_id, code_id) REFERENCES codes (org_id, id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS published_shifts (
  org_id VARCHAR(37) NOT NULL,
  roster_id VARCHAR(37) NOT NULL,
  published INT NOT NULL,
  shift_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(shift_id) = 36),
  site_id VARCHAR(37) NOT NULL,
  staff_id VARCHAR(37) NOT NULL,
  day VARCHAR(11) NOT NULL CHECK (CHAR_LENGTH(day) = 10),
  code_id VARCHAR(37) NOT NULL,
  start_min INT NOT NULL,
  end_min INT NOT NULL,
  break_min INT NOT NULL,
  note VARCHAR(501) NOT NULL CHECK (CHAR_LENGTH(note) <= 500),
  PRIMARY KEY (org_id, roster_id, published, shift_id),
  KEY published_staff (org_id, staff_id, day),
  KEY published_site (org_id, site_id, day),
  KEY published_code (org_id, code_id),
  FOREIGN KEY (org_id, roster_id) REFERENCES rosters (org_id, id),
  FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id),
  FOREIGN KEY (org_id, code_id) REFERENCES codes (org_id, id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS import_refs (
  org_id VARCHAR(37) NOT NULL,
  source VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(source) <= 64),
  table_name VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(table_name) <= 64),
  old_id VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(old_id) <= 64),
  new_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(new_id) <= 36),
  digest VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(digest) <= 64),
  PRIMARY KEY (org_id, source, table_name, old_id),
  FOREIGN KEY (org_id) REFERENCES orgs (id)
) ENGINE = InnoDB;

-- Accounts and what hangs on them: no organisation's pen guards these, and they never wait for one.

CREATE TABLE IF NOT EXISTS accounts (
  id VARCHAR(37) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(id) = 36),
  name VARCHAR(151) NOT NULL CHECK (CHAR_LENGTH(name) BETWEEN 1 AND 150),
  name_key VARCHAR(151) NOT NULL UNIQUE CHECK (CHAR_LENGTH(name_key) <= 150),
  email VARCHAR(255) NOT NULL CHECK (CHAR_LENGTH(email) <= 254),
  email_key VARCHAR(255) UNIQUE CHECK (CHAR_LENGTH(email_key) <= 254),
  display VARCHAR(101) NOT NULL CHECK (CHAR_LENGTH(display) <= 100),
  password VARCHAR(256) NOT NULL CHECK (CHAR_LENGTH(password) <= 255),
  language VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(language) <= 16),
  theme VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(theme) <= 16),
  disabled INT NOT NULL,
  created_ms BIGINT NOT NULL,
  version BIGINT NOT NULL
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS members (
  org_id VARCHAR(37) NOT NULL,
  id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(id) = 36),
  account_id VARCHAR(37),
  name VARCHAR(101) NOT NULL CHECK (CHAR_LENGTH(name) BETWEEN 1 AND 100),
  role VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(role) <= 16),
  staff_id VARCHAR(37),
  sites MEDIUMTEXT NOT NULL,
  active INT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, account_id),
  KEY members_account (account_id),
  KEY members_staff (org_id, staff_id),
  FOREIGN KEY (org_id) REFERENCES orgs (id),
  FOREIGN KEY (account_id) REFERENCES accounts (id),
  FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS sign_ins (
  hash VARCHAR(65) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(hash) = 64),
  account_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(account_id) <= 36),
  session_values MEDIUMTEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  ends_ms BIGINT NOT NULL,
  address VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(address) <= 64),
  agent VARCHAR(256) NOT NULL CHECK (CHAR_LENGTH(agent) <= 255),
  KEY sign_ins_account (account_id),
  KEY sign_ins_ends (ends_ms)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS links (
  hash VARCHAR(65) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(hash) = 64),
  kind VARCHAR(17) NOT NULL CHECK (CHAR_LENGTH(kind) <= 16),
  org_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(org_id) <= 36),
  member_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(member_id) <= 36),
  account_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(account_id) <= 36),
  ends_ms BIGINT NOT NULL,
  used_ms BIGINT NOT NULL
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS sign_in_failures (
  id VARCHAR(37) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(id) = 36),
  account_key VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(account_key) = 64),
  address VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(address) <= 64),
  at_ms BIGINT NOT NULL,
  KEY sign_in_failures_address (address, at_ms)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS access_log (
  id VARCHAR(37) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(id) = 36),
  org_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(org_id) <= 36),
  account_id VARCHAR(37) NOT NULL CHECK (CHAR_LENGTH(account_id) <= 36),
  action VARCHAR(41) NOT NULL CHECK (CHAR_LENGTH(action) <= 40),
  subject VARCHAR(101) NOT NULL CHECK (CHAR_LENGTH(subject) <= 100),
  address VARCHAR(65) NOT NULL CHECK (CHAR_LENGTH(address) <= 64),
  at_ms BIGINT NOT NULL,
  KEY access_log_at (at_ms)
) ENGINE = InnoDB;
