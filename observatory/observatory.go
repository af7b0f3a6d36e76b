// Package observatory judges the headers of a site by the published table of Mozilla's HTTP Observatory (github.com/mdn/mdn-http-observatory,
// src/grader/charts.js and src/analyzer/tests, read in 2026-11): every site begins with 100 points, each test takes some away or, from 90 on,
// adds some. It knows nothing of ours.
//
// What it leaves out: whether a host is on the browsers' list of preloaded HSTS (5 points more), policies in meta elements, duplicate
// directives, and crossdomain.xml.
package observatory

import (
	"net/http"
	"net/url"
)

// Seen is what a visit found.
type Seen struct {
	Secure  bool // the page came by HTTPS, with a certificate that is to be trusted
	Broken  bool // HTTPS was answered with one that is not
	Host    string
	Header  http.Header
	Cookies []*http.Cookie
	Body    []byte
	Route   []*url.URL // addresses that a visit by http went through, the first included; none: nobody answers http
}

// Result is that of one test.
type Result struct {
	Test     string `json:"test"`
	Result   string `json:"result"` // as the Observatory names it
	Modifier int    `json:"modifier"`
}

// Report is the judgement of a site.
type Report struct {
	Results []Result `json:"results"`
	Score   int      `json:"score"`
	Grade   string   `json:"grade"`
}

// bonusFrom is the score below which nothing is added.
const bonusFrom = 90

// Judge applies every test.
func Judge(s Seen) Report {
	var r Report
	for _, t := range []struct {
		name string
		do   func(Seen) string
	}{
		{"content-security-policy", judgePolicy},
		{"cookies", judgeCookies},
		{"cross-origin-resource-sharing", judgeSharing},
		{"redirection", judgeRoute},
		{"referrer-policy", judgeReferrer},
		{"strict-transport-security", judgeTransport},
		{"subresource-integrity", judgeScripts},
		{"x-content-type-options", judgeSniffing},
		{"x-frame-options", judgeFraming},
		{"cross-origin-resource-policy", judgeResourcePolicy},
	} {
		result := t.do(s)
		r.Results = append(r.Results, Result{t.name, result, modifiers[result]})
	}
	r.Score = total(r.Results)
	r.Grade = gradeOf(r.Score)
	return r
}

func total(results []Result) int {
	score, bonus := 100, 0
	for _, x := range results {
		score += min(x.Modifier, 0)
		bonus += max(x.Modifier, 0)
	}
	if score >= bonusFrom {
		score += bonus
	}
	return max(score, 0)
}

func gradeOf(score int) string {
	for _, g := range []struct {
		from int
		name string
	}{{100, "A+"}, {90, "A"}, {85, "A-"}, {80, "B+"}, {70, "B"}, {65, "B-"}, {60, "C+"}, {50, "C"}, {45, "C-"}, {40, "D+"}, {30, "D"}, {25, "D-"}} {
		if score >= g.from {
			return g.name
		}
	}
	return "F"
}

// modifiers are the points of each result.
var modifiers = map[string]int{
	"csp-implemented-with-no-unsafe-default-src-none":                  10,
	"csp-implemented-with-no-unsafe":                                   5,
	"csp-implemented-with-unsafe-inline-in-style-src-only":             0,
	"csp-implemented-with-insecure-scheme-in-passive-content-only":     -10,
	"csp-implemented-with-unsafe-eval":                                 -10,
	"csp-implemented-with-unsafe-inline":                               -20,
	"csp-implemented-with-insecure-scheme":                             -20,
	"csp-header-invalid":                                               -25,
	"csp-not-implemented":                                              -25,
	"cookies-secure-with-httponly-sessions-and-samesite":               5,
	"cookies-secure-with-httponly-sessions":                            0,
	"cookies-not-found":                                                0,
	"cookies-without-secure-flag-but-protected-by-hsts":                -5,
	"cookies-session-without-secure-flag-but-protected-by-hsts":        -10,
	"cookies-without-secure-flag":                                      -20,
	"cookies-samesite-flag-invalid":                                    -20,
	"cookies-anticsrf-without-samesite-flag":                           -20,
	"cookies-session-without-httponly-flag":                            -30,
	"cookies-session-without-secure-flag":                              -40,
	"cross-origin-resource-sharing-not-implemented":                    0,
	"cross-origin-resource-sharing-implemented-with-public-access":     0,
	"cross-origin-resource-sharing-implemented-with-restricted-access": 0,
	"cross-origin-resource-sharing-implemented-with-universal-access":  -50,
	"redirection-to-https":                                             0,
	"redirection-not-needed-no-http":                                   0,
	"redirection-off-host-from-http":                                   -5,
	"redirection-not-to-https-on-initial-redirection":                  -10,
	"redirection-not-to-https":                                         -20,
	"redirection-missing":                                              -20,
	"redirection-invalid-cert":                                         -20,
	"referrer-policy-private":                                          5,
	"referrer-policy-not-implemented":                                  0,
	"referrer-policy-unsafe":                                           -5,
	"referrer-policy-header-invalid":                                   -5,
	"hsts-implemented-max-age-at-least-six-months":                     0,
	"hsts-implemented-max-age-less-than-six-months":                    -10,
	"hsts-not-implemented":                                             -20,
	"hsts-header-invalid":                                              -20,
	"hsts-not-implemented-no-https":                                    -20,
	"hsts-invalid-cert":                                                -20,
	"sri-implemented-and-all-scripts-loaded-securely":                  5,
	"sri-implemented-and-external-scripts-loaded-securely":             5,
	"sri-not-implemented-response-not-html":                            0,
	"sri-not-implemented-but-no-scripts-loaded":                        0,
	"sri-not-implemented-but-all-scripts-loaded-from-secure-origin":    0,
	"sri-not-implemented-but-external-scripts-loaded-securely":         -5,
	"sri-implemented-but-external-scripts-not-loaded-securely":         -20,
	"sri-not-implemented-and-external-scripts-not-loaded-securely":     -50,
	"x-content-type-options-nosniff":                                   0,
	"x-content-type-options-not-implemented":                           -5,
	"x-content-type-options-header-invalid":                            -5,
	"x-frame-options-implemented-via-csp":                              5,
	"x-frame-options-sameorigin-or-deny":                               0,
	"x-frame-options-allow-from-origin":                                0,
	"x-frame-options-not-implemented":                                  -20,
	"x-frame-options-header-invalid":                                   -20,
	"cross-origin-resource-policy-implemented-with-same-origin":        10,
	"cross-origin-resource-policy-implemented-with-same-site":          10,
	"cross-origin-resource-policy-implemented-with-cross-origin":       0,
	"cross-origin-resource-policy-not-implemented":                     0,
	"cross-origin-resource-policy-header-invalid":                      -5,
}
