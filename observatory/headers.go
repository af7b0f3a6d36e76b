package observatory

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// foreignOrigin is whose a visit pretends to be, to see with whom the site shares.
const foreignOrigin = "https://observatory.example"

const halfAYear = 15768000 // seconds, as the table counts it

func judgeTransport(s Seen) string {
	header := s.Header.Get("Strict-Transport-Security")
	switch {
	case s.Broken:
		return "hsts-invalid-cert"
	case !s.Secure:
		return "hsts-not-implemented-no-https"
	case header == "":
		return "hsts-not-implemented"
	}
	for part := range strings.SplitSeq(strings.ToLower(header), ";") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(part), "max-age="); ok {
			seconds, err := strconv.ParseInt(strings.Trim(text, `"`), 10, 64)
			switch {
			case err != nil:
				return "hsts-header-invalid"
			case seconds < halfAYear:
				return "hsts-implemented-max-age-less-than-six-months"
			}
			return "hsts-implemented-max-age-at-least-six-months"
		}
	}
	return "hsts-header-invalid"
}

func judgeSniffing(s Seen) string {
	switch strings.ToLower(strings.TrimSpace(s.Header.Get("X-Content-Type-Options"))) {
	case "":
		return "x-content-type-options-not-implemented"
	case "nosniff":
		return "x-content-type-options-nosniff"
	}
	return "x-content-type-options-header-invalid"
}

var (
	privateReferrer = []string{"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
	openReferrer    = []string{"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}
)

// judgeReferrer: of several policies browsers take the last that they know.
func judgeReferrer(s Seen) string {
	header := strings.Join(s.Header.Values("Referrer-Policy"), ",")
	if header == "" {
		return "referrer-policy-not-implemented"
	}
	result := "referrer-policy-header-invalid"
	for word := range strings.SplitSeq(strings.ToLower(header), ",") {
		switch word = strings.TrimSpace(word); {
		case slices.Contains(privateReferrer, word):
			result = "referrer-policy-private"
		case slices.Contains(openReferrer, word):
			result = "referrer-policy-unsafe"
		}
	}
	return result
}

func judgeResourcePolicy(s Seen) string {
	switch value := strings.ToLower(strings.TrimSpace(s.Header.Get("Cross-Origin-Resource-Policy"))); value {
	case "":
		return "cross-origin-resource-policy-not-implemented"
	case "same-origin", "same-site", "cross-origin":
		return "cross-origin-resource-policy-implemented-with-" + value
	}
	return "cross-origin-resource-policy-header-invalid"
}

func judgeSharing(s Seen) string {
	with := strings.TrimSpace(s.Header.Get("Access-Control-Allow-Origin"))
	switch {
	case with == "":
		return "cross-origin-resource-sharing-not-implemented"
	case with == "*":
		return "cross-origin-resource-sharing-implemented-with-public-access"
	case with == foreignOrigin && strings.EqualFold(strings.TrimSpace(s.Header.Get("Access-Control-Allow-Credentials")), "true"):
		return "cross-origin-resource-sharing-implemented-with-universal-access"
	}
	return "cross-origin-resource-sharing-implemented-with-restricted-access"
}

func judgeRoute(s Seen) string {
	switch {
	case len(s.Route) == 0:
		return "redirection-not-needed-no-http"
	case s.Broken:
		return "redirection-invalid-cert"
	case len(s.Route) == 1:
		return "redirection-missing"
	case s.Route[len(s.Route)-1].Scheme != "https":
		return "redirection-not-to-https"
	case s.Route[1].Scheme == "http":
		return "redirection-not-to-https-on-initial-redirection"
	case s.Route[0].Hostname() != s.Route[1].Hostname():
		return "redirection-off-host-from-http"
	}
	return "redirection-to-https"
}

// worseCookies are the results for cookies, each worse than those before it.
var worseCookies = []string{
	"cookies-without-secure-flag-but-protected-by-hsts", "cookies-without-secure-flag", "cookies-session-without-secure-flag-but-protected-by-hsts",
	"cookies-samesite-flag-invalid", "cookies-anticsrf-without-samesite-flag", "cookies-session-without-httponly-flag", "cookies-session-without-secure-flag",
}

func judgeCookies(s Seen) string {
	if len(s.Cookies) == 0 {
		return "cookies-not-found"
	}
	hsts := judgeTransport(s) == "hsts-implemented-max-age-at-least-six-months"
	worst, loose := -1, false
	for _, c := range s.Cookies {
		for _, fault := range faultsOf(c, hsts) {
			worst = max(worst, slices.Index(worseCookies, fault))
		}
		loose = loose || c.SameSite == 0
	}
	switch {
	case worst >= 0:
		return worseCookies[worst]
	case loose:
		return "cookies-secure-with-httponly-sessions"
	}
	return "cookies-secure-with-httponly-sessions-and-samesite"
}

func faultsOf(c *http.Cookie, hsts bool) (faults []string) {
	add := func(bad bool, fault string) {
		if bad {
			faults = append(faults, fault)
		}
	}
	name := strings.ToLower(c.Name)
	session := strings.Contains(name, "login") || strings.Contains(name, "sess")
	add(c.SameSite == http.SameSiteDefaultMode || c.SameSite == http.SameSiteNoneMode && !c.Secure, "cookies-samesite-flag-invalid")
	add(!c.Secure && hsts, "cookies-without-secure-flag-but-protected-by-hsts")
	add(!c.Secure && !hsts, "cookies-without-secure-flag")
	add(strings.Contains(name, "csrf") && c.SameSite == 0, "cookies-anticsrf-without-samesite-flag")
	add(session && !c.Secure && hsts, "cookies-session-without-secure-flag-but-protected-by-hsts")
	add(session && !c.Secure && !hsts, "cookies-session-without-secure-flag")
	add(session && !c.HttpOnly, "cookies-session-without-httponly-flag")
	return faults
}
