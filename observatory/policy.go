package observatory

import (
	"net/http"
	"slices"
	"strings"
)

// sources are the values of the directives of a content policy.
type sources map[string][]string

// policyOf joins all policies of a page: where one forbids, it is forbidden; like the Observatory, this takes the first of each directive.
func policyOf(h http.Header) sources {
	all := sources{}
	for _, header := range h.Values("Content-Security-Policy") {
		for policy := range strings.SplitSeq(header, ",") {
			for directive := range strings.SplitSeq(policy, ";") {
				words := strings.Fields(strings.ToLower(directive))
				if len(words) == 0 {
					continue
				}
				if _, known := all[words[0]]; !known {
					all[words[0]] = append([]string{}, words[1:]...)
				}
			}
		}
	}
	return all
}

// of is what a directive allows: its own list, that of default-src, or everything.
func (s sources) of(directive string) []string {
	for _, name := range []string{directive, "default-src"} {
		if list, ok := s[name]; ok {
			return list
		}
	}
	return []string{"*"}
}

var (
	broad  = []string{"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
	inline = []string{"'unsafe-inline'", "data:"}
)

func has(list []string, any ...string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return slices.Contains(any, s) })
}

// keyed reports that scripts or styles are allowed by a nonce or a hash; then browsers ignore 'unsafe-inline'.
func keyed(list []string) bool {
	return slices.ContainsFunc(list, func(s string) bool {
		return strings.HasPrefix(s, "'nonce-") || strings.HasPrefix(s, "'sha256-") || strings.HasPrefix(s, "'sha384-") || strings.HasPrefix(s, "'sha512-")
	})
}

func withoutInline(list []string) []string {
	if !keyed(list) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "'unsafe-inline'" })
}

func strict(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		return s == "'self'" || s == "'unsafe-inline'" || slices.ContainsFunc(broad, func(b string) bool { return strings.HasPrefix(s, b) })
	})
}

func judgePolicy(s Seen) string {
	policy := policyOf(s.Header)
	if len(policy) == 0 {
		return "csp-not-implemented"
	}
	script, style, object := withoutInline(policy.of("script-src")), withoutInline(policy.of("style-src")), policy.of("object-src")
	if has(script, "'strict-dynamic'") {
		if !keyed(script) {
			return "csp-header-invalid"
		}
		script = strict(script)
	}
	switch {
	case has(script, append(broad, inline...)...) || has(object, broad...):
		return "csp-implemented-with-unsafe-inline"
	case s.Secure && insecure(policy.active(script)):
		return "csp-implemented-with-insecure-scheme"
	case has(script, "'unsafe-eval'") || has(style, "'unsafe-eval'"):
		return "csp-implemented-with-unsafe-eval"
	case s.Secure && insecure(slices.Concat(policy.of("img-src"), policy.of("media-src"))):
		return "csp-implemented-with-insecure-scheme-in-passive-content-only"
	case has(style, append(broad, inline...)...):
		return "csp-implemented-with-unsafe-inline-in-style-src-only"
	case slices.Equal(policy["default-src"], []string{"'none'"}):
		return "csp-implemented-with-no-unsafe-default-src-none"
	}
	return "csp-implemented-with-no-unsafe"
}

// active are the sources of all that can act on a page.
func (s sources) active(script []string) (all []string) {
	for directive, list := range s {
		if !slices.Contains([]string{"img-src", "media-src", "script-src"}, directive) {
			all = append(all, list...)
		}
	}
	return append(all, script...)
}

func insecure(list []string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, "http:") || strings.HasPrefix(s, "ftp:") })
}

func judgeFraming(s Seen) string {
	if list, ok := policyOf(s.Header)["frame-ancestors"]; ok && !has(list, broad...) {
		return "x-frame-options-implemented-via-csp"
	}
	switch value := strings.ToUpper(strings.TrimSpace(s.Header.Get("X-Frame-Options"))); {
	case value == "":
		return "x-frame-options-not-implemented"
	case value == "DENY" || value == "SAMEORIGIN":
		return "x-frame-options-sameorigin-or-deny"
	case strings.HasPrefix(value, "ALLOW-FROM "):
		return "x-frame-options-allow-from-origin"
	}
	return "x-frame-options-header-invalid"
}
