-- +goose Up
-- The twin of sqlite/00003_tasks.sql.

CREATE TABLE IF NOT EXISTS task_runs (
  id VARCHAR(37) NOT NULL PRIMARY KEY CHECK (CHAR_LENGTH(id) = 36),
  task VARCHAR(41) NOT NULL CHECK (CHAR_LENGTH(task) <= 40),
  began_ms BIGINT NOT NULL,
  ended_ms BIGINT NOT NULL,
  failure VARCHAR(1001) NOT NULL CHECK (CHAR_LENGTH(failure) <= 1000),
  report MEDIUMTEXT NOT NULL,
  INDEX task_runs_task (task, began_ms)
) ENGINE = InnoDB;

REPLACE INTO leases (name, holder, ends_ms) VALUES ('backup', '', 0), ('offsite', '', 0), ('drill', '', 0), ('restore', '', 0);
REPLACE INTO schema_marks (version, oldest) VALUES (3, 2);
