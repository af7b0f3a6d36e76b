package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wakakusa/roster"
)

// conditionMetrics tells the conditions whenever it is asked.
type conditionMetrics struct{ s *Server }

var (
	conditionOK  = prometheus.NewDesc("wakakusa_condition_ok", "1 if it is as it should be: replica, backup, offsite, drill.", []string{"condition"}, nil)
	conditionAge = prometheus.NewDesc("wakakusa_condition_age_seconds", "How old the continuous copy, the last backup and the like are.", []string{"condition"}, nil)
)

// Describe is part of a collector.
func (conditionMetrics) Describe(to chan<- *prometheus.Desc) { to <- conditionOK; to <- conditionAge }

// Collect is part of a collector.
func (m conditionMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	list, err := m.s.Upkeep.Conditions(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(conditionOK, err)
	}
	for _, x := range list {
		to <- prometheus.MustNewConstMetric(conditionOK, prometheus.GaugeValue, oneIf(x.OK), x.Name)
		to <- prometheus.MustNewConstMetric(conditionAge, prometheus.GaugeValue, x.Seconds, x.Name)
	}
}

// countMetrics tells what is counted since the start.
type countMetrics struct{ s *Server }

var (
	cacheAsked  = prometheus.NewDesc("wakakusa_cache_requests_total", "Questions to the cache, by where it was asked and whether it knew.", []string{"tier", "result"}, nil)
	cacheBytes  = prometheus.NewDesc("wakakusa_cache_bytes", "Estimated memory of what this server keeps.", nil, nil)
	redisFailed = prometheus.NewDesc("wakakusa_redis_failures_total", "Requests that waited for Redis in vain.", nil, nil)
	redisAway   = prometheus.NewDesc("wakakusa_redis_away", "1 while Redis does not take commands.", nil, nil)
	slowQueries = prometheus.NewDesc("wakakusa_slow_queries_total", "Statements that took longer than SLOW_QUERY_MS.", nil, nil)
	cspReports  = prometheus.NewDesc("wakakusa_csp_reports_total", "What browsers refused because of the content policy, as far as they reported it.", nil, nil)
	certEnds    = prometheus.NewDesc("wakakusa_certificate_expiry_seconds", "How long the certificate is good.", nil, nil)
	baseAway    = prometheus.NewDesc("wakakusa_database_away", "1 while the database does not answer.", nil, nil)
)

// Describe is part of a collector.
func (countMetrics) Describe(to chan<- *prometheus.Desc) {
	to <- cacheAsked
	to <- cacheBytes
	to <- redisFailed
	to <- redisAway
	to <- baseAway
	to <- slowQueries
	to <- cspReports
	to <- certEnds
}

// Collect is part of a collector.
func (m countMetrics) Collect(to chan<- prometheus.Metric) {
	c := m.s.app.CacheStats()
	for _, x := range []struct {
		tier, result string
		n            int64
	}{{"memory", "hit", c.Hits}, {"memory", "miss", c.Misses}, {"redis", "hit", c.SharedHits}, {"redis", "miss", c.SharedMisses}} {
		to <- prometheus.MustNewConstMetric(cacheAsked, prometheus.CounterValue, float64(x.n), x.tier, x.result)
	}
	to <- prometheus.MustNewConstMetric(cacheBytes, prometheus.GaugeValue, float64(c.Bytes))
	to <- prometheus.MustNewConstMetric(baseAway, prometheus.GaugeValue, oneIf(m.s.app.DatabaseAway(context.Background())))
	to <- prometheus.MustNewConstMetric(slowQueries, prometheus.CounterValue, float64(m.s.SlowQueries()))
	to <- prometheus.MustNewConstMetric(cspReports, prometheus.CounterValue, float64(m.s.reports.Load()))
	if m.s.Certificate != nil {
		if ends, ok := m.s.Certificate(); ok {
			to <- prometheus.MustNewConstMetric(certEnds, prometheus.GaugeValue, time.Until(ends).Seconds())
		}
	}
	if shared := m.s.Limits.Shared; shared != nil {
		to <- prometheus.MustNewConstMetric(redisFailed, prometheus.CounterValue, float64(shared.Failed()))
		to <- prometheus.MustNewConstMetric(redisAway, prometheus.GaugeValue, oneIf(shared.Away()))
	}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// metrics are ours and those of the process and of Litestream.
func (s *Server) metrics() http.Handler {
	own := prometheus.NewRegistry()
	own.MustRegister(conditionMetrics{s}, countMetrics{s})
	return promhttp.HandlerFor(prometheus.Gatherers{prometheus.DefaultGatherer, own}, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// getMetrics is for who watches from this machine; for everybody else there is no such page. A proxy here speaks for others.
func (s *Server) getMetrics(c *request) error {
	if !peerOf(c.Request()).IsLoopback() || c.Request().Header.Get("X-Forwarded-For") != "" || c.Request().Header.Get("Forwarded") != "" {
		return roster.Refuse(roster.NotFound, "error.text_404")
	}
	s.numbers.ServeHTTP(c.Response(), c.Request())
	return nil
}
