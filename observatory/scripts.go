package observatory

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/publicsuffix"
)

// worseScripts are the results for scripts of other sites, each worse than those before it.
var worseScripts = []string{
	"sri-implemented-but-external-scripts-not-loaded-securely", "sri-not-implemented-but-external-scripts-loaded-securely",
	"sri-not-implemented-and-external-scripts-not-loaded-securely",
}

func judgeScripts(s Seen) string {
	kind, _, _ := strings.Cut(s.Header.Get("Content-Type"), ";")
	if kind != "" && kind != "text/html" && kind != "application/xhtml+xml" {
		return "sri-not-implemented-response-not-html"
	}
	scripts := scriptsOf(s.Body)
	if len(scripts) == 0 {
		return "sri-not-implemented-but-no-scripts-loaded"
	}
	worst, foreign, own := -1, false, false
	for _, x := range scripts {
		if x.isOwn(s.Host) {
			own = own || x.integrity && s.Secure
			continue
		}
		foreign = true
		switch secure := strings.HasPrefix(x.src, "https://"); {
		case x.integrity && !secure:
			worst = max(worst, 0)
		case !x.integrity && secure:
			worst = max(worst, 1)
		case !x.integrity:
			worst = max(worst, 2)
		}
	}
	switch {
	case worst >= 0:
		return worseScripts[worst]
	case foreign:
		return "sri-implemented-and-external-scripts-loaded-securely"
	case own:
		return "sri-implemented-and-all-scripts-loaded-securely"
	}
	return "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"
}

type script struct {
	src       string
	integrity bool
}

// scriptsOf are the scripts of a page; what stands in the page itself has no source.
func scriptsOf(body []byte) (list []script) {
	page := html.NewTokenizer(bytes.NewReader(body))
	for {
		switch page.Next() {
		case html.ErrorToken:
			return list
		case html.StartTagToken, html.SelfClosingTagToken:
			if t := page.Token(); t.Data == "script" {
				list = append(list, scriptOf(t.Attr))
			}
		}
	}
}

func scriptOf(attrs []html.Attribute) (x script) {
	for _, a := range attrs {
		switch a.Key {
		case "src":
			x.src = strings.TrimSpace(a.Val)
		case "integrity":
			x.integrity = a.Val != ""
		}
	}
	return x
}

// isOwn: it stands in the page, or comes from a host of the same registered domain. An address without a scheme is nobody's.
func (x script) isOwn(host string) bool {
	if strings.HasPrefix(x.src, "//") {
		return false
	}
	u, err := url.Parse(x.src)
	if err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) {
		return true
	}
	return registered(u.Hostname()) == registered(host)
}

func registered(host string) string {
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}
