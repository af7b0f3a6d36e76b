package sqldb

import (
	"context"
	"database/sql"

	"wakakusa/store"
)

// SaveTaskRun updates, and inserts if nothing matched.
func (db *DB) SaveTaskRun(ctx context.Context, r store.TaskRun) error {
	return db.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE task_runs SET ended_ms = ?, failure = ?, report = ? WHERE id = ?`, r.EndedMs, r.Failure, r.Report, r.ID)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO task_runs (id, task, began_ms, ended_ms, failure, report) VALUES (?, ?, ?, ?, ?, ?)`,
			r.ID, r.Task, r.BeganMs, r.EndedMs, r.Failure, r.Report)
		return err
	})
}

const taskRunQuery = `SELECT id, task, began_ms, ended_ms, failure, report FROM task_runs WHERE task = ?`

// TaskRunsOf lists the newest.
func (db *DB) TaskRunsOf(ctx context.Context, task string, limit int) ([]store.TaskRun, error) {
	return db.taskRuns(ctx, taskRunQuery+` ORDER BY began_ms DESC, id DESC LIMIT ?`, task, limit)
}

// LastTaskRun finds the newest that went well.
func (db *DB) LastTaskRun(ctx context.Context, task string) (r store.TaskRun, ok bool, err error) {
	all, err := db.taskRuns(ctx, taskRunQuery+` AND ended_ms > 0 AND failure = '' ORDER BY began_ms DESC, id DESC LIMIT 1`, task)
	if err != nil || len(all) == 0 {
		return r, false, err
	}
	return all[0], true, nil
}

func (db *DB) taskRuns(ctx context.Context, text string, args ...any) (all []store.TaskRun, err error) {
	rows, err := db.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r store.TaskRun
		if err := rows.Scan(&r.ID, &r.Task, &r.BeganMs, &r.EndedMs, &r.Failure, &r.Report); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// PruneTaskRuns forgets old ones.
func (db *DB) PruneTaskRuns(ctx context.Context, beforeMs int64) error {
	return db.exec(ctx, `DELETE FROM task_runs WHERE began_ms < ?`, beforeMs)
}
