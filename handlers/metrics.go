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
		ok := 0.0
		if x.OK {
			ok = 1
		}
		to <- prometheus.MustNewConstMetric(conditionOK, prometheus.GaugeValue, ok, x.Name)
		to <- prometheus.MustNewConstMetric(conditionAge, prometheus.GaugeValue, x.Seconds, x.Name)
	}
}

// metrics are ours and those of the process and of Litestream.
func (s *Server) metrics() http.Handler {
	own := prometheus.NewRegistry()
	own.MustRegister(conditionMetrics{s})
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
