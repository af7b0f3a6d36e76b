-- +goose Up
-- What the program does by itself: one row for each run.
CREATE TABLE task_runs (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  task TEXT NOT NULL CHECK (length(task) <= 40),
  began_ms INTEGER NOT NULL,
  ended_ms INTEGER NOT NULL,
  failure TEXT NOT NULL CHECK (length(failure) <= 1000),
  report TEXT NOT NULL
) STRICT;
CREATE INDEX task_runs_task ON task_runs (task, began_ms);

INSERT INTO leases (name, holder, ends_ms) VALUES ('backup', '', 0), ('offsite', '', 0), ('drill', '', 0), ('restore', '', 0);
INSERT INTO schema_marks (version, oldest) VALUES (3, 2);
