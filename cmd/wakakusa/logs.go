package main

import (
	"errors"
	"log/slog"
	"os"
	"time"

	"wakakusa/logs"
)

// checkLogs refuses what cannot work. The law wants records of work to be kept for years.
func (c Config) checkLogs() error {
	var problems []error
	for _, x := range []struct {
		n, least, most int
		text           string
	}{
		{c.LogMB, 1, 10240, "LOG_MAX_MB is between 1 and 10240"},
		{c.LogAppDays, 1, 3650, "LOG_APP_DAYS is between 1 and 3650"},
		{c.LogErrorDays, 1, 3650, "LOG_ERROR_DAYS is between 1 and 3650"},
		{c.LogAuditYears, 3, 100, "LOG_AUDIT_YEARS is between 3 and 100"},
		{c.SlowQueryMs, 0, 60_000, "SLOW_QUERY_MS is between 0 and 60000"},
	} {
		if x.n < x.least || x.n > x.most {
			problems = append(problems, errors.New(x.text))
		}
	}
	return errors.Join(problems...)
}

func (c Config) logLevel() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return slog.LevelInfo
	}
	return level
}

// openLogs begins the streams of a program that serves. What libraries say goes there as well.
func (e *env) openLogs() (*logs.Logs, error) {
	c := e.config
	to, err := logs.Open(logs.Config{
		Out: e.out, Dir: c.LogDir, JSON: c.LogFormat == "json", Level: c.logLevel(), MaxMB: c.LogMB,
		AppDays: c.LogAppDays, ErrorDays: c.LogErrorDays, AuditDays: 366 * c.LogAuditYears, Complain: os.Stderr, Now: time.Now,
	})
	if err == nil {
		slog.SetDefault(to.App)
	}
	return to, err
}
