package handlers

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"wakakusa/roster"
	"wakakusa/store"
)

// form reads the values that a browser would send of the form with this action; the first such form of the page counts.
func (a answer) form(t *testing.T, action string) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	must(t, err)
	node := findNode(doc, func(n *html.Node) bool {
		return n.Data == "form" && attr(n, "method") == "post" && attr(n, "action") == action
	})
	if node == nil {
		t.Fatalf("%s: no form for %s", a.Request.URL.Path, action)
	}
	v := url.Values{}
	readForm(node, v)
	return v
}

func readForm(n *html.Node, v url.Values) {
	name := attr(n, "name")
	switch {
	case n.Type != html.ElementNode:
	case n.Data == "input" && name != "":
		kind := attr(n, "type")
		if kind != "checkbox" && kind != "radio" || has(n, "checked") {
			v.Add(name, attr(n, "value"))
		}
	case n.Data == "textarea":
		v.Add(name, textOf(n))
	case n.Data == "select":
		chosen := findNode(n, func(o *html.Node) bool { return o.Data == "option" && has(o, "selected") })
		if chosen == nil {
			chosen = findNode(n, func(o *html.Node) bool { return o.Data == "option" })
		}
		v.Add(name, attr(chosen, "value"))
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		readForm(c, v)
	}
}

func findNode(n *html.Node, match func(*html.Node) bool) *html.Node {
	if n.Type == html.ElementNode && match(n) {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if found := findNode(c, match); found != nil {
			return found
		}
	}
	return nil
}

func attr(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	return b.String()
}

// fault returns the sentence beside a field, "" when there is none.
func (a answer) fault(t *testing.T, field string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	must(t, err)
	n := findNode(doc, func(n *html.Node) bool {
		return attr(n, "class") == "fault" && strings.HasSuffix(strings.TrimSuffix(attr(n, "id"), "-f"), field)
	})
	if n == nil {
		return ""
	}
	return textOf(n)
}

// refused fails unless the form came back with a fault beside the field.
func (a answer) refused(t *testing.T, field string) answer {
	t.Helper()
	a.want(t, 422)
	if a.fault(t, field) == "" {
		t.Errorf("%s: no fault beside %s", a.Request.URL.Path, field)
	}
	return a
}

// lacks fails when a text stands on the page.
func (a answer) lacks(t *testing.T, texts ...string) answer {
	t.Helper()
	for _, x := range texts {
		if strings.Contains(a.body, x) {
			t.Errorf("%s %s: %q should not be there", a.Request.Method, a.Request.URL.Path, x)
		}
	}
	return a
}

// revision is how often the organisation was written.
func (o *office) revision() (n int64) {
	o.t.Helper()
	must(o.t, o.store.Read(context.Background(), o.org.ID, func(r store.Reader) error {
		org, err := r.Org(context.Background())
		n = org.Revision
		return err
	}))
	return n
}

// manager signs in somebody who is responsible for the first site only.
func (o *office) manager() *browser {
	return o.member("tantou", roster.Member{Name: "担当 一郎", Role: roster.RoleManager, Sites: []roster.SiteID{o.site1.ID}})
}

// worker signs in somebody who may only see their own shifts.
func (o *office) worker() *browser {
	return o.member("haruna", roster.Member{Name: "佐藤 陽菜", Role: roster.RoleStaff, Staff: o.people[0].ID})
}

const payload = `<img src=x onerror=alert(1)>`

// shownAsText fails when markup somebody typed became part of the page.
func (a answer) shownAsText(t *testing.T) answer {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	must(t, err)
	if findNode(doc, func(n *html.Node) bool { return has(n, "onerror") }) != nil {
		t.Errorf("%s: typed markup runs", a.Request.URL.Path)
	}
	if !strings.Contains(a.body, html.EscapeString(payload)) && !strings.Contains(a.body, "&lt;img src=x") {
		t.Errorf("%s: typed markup is not shown", a.Request.URL.Path)
	}
	return a
}

func TestOnceKey(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/staff/new"
	form := o.admin.get(path).want(t, 200).form(t, path)
	form.Set("name", "鈴木 一郎")
	form.Set("home_site", string(o.site1.ID))
	o.admin.post(path, form).want(t, 303)
	before := o.revision()
	t.Run("F-C7 the same form sent twice adds once", func(t *testing.T) {
		o.admin.post(path, form).want(t, 303)
		if o.revision() != before {
			t.Error("written twice")
		}
	})
	t.Run("an old form brought back and changed is not lost", func(t *testing.T) {
		form.Set("name", "鈴木 二郎")
		o.admin.post(path, form).want(t, 303)
		o.admin.get(o.base+"/staff").want(t, 200).holds(t, "鈴木 二郎", "鈴木 一郎")
	})
}

// TestStrangeKeys: what is no key of ours makes a repeat harmless too, and leaves nothing behind that an export could not write.
func TestStrangeKeys(t *testing.T) {
	o := newSite(t).found("aoba")
	p, day := o.people[0], o.place.Day
	revision := func() int64 {
		all, err := o.store.Revisions(t.Context(), []roster.OrgID{o.org.ID})
		must(t, err)
		return all[o.org.ID]
	}
	for _, key := range []string{"a\x00b", "\xff\xfe", "鍵", strings.Repeat("k", 65), "a b"} {
		o.set(p, day, "公")
		before := revision()
		for range 2 {
			o.admin.post(o.path("/edits"), values("ops", fmt.Sprintf("set %s %s %s", p.ID, day, o.codes["日"].ID), "base", "1000000", "key", key))
		}
		if n := revision() - before; n != 1 {
			t.Errorf("%q: %d acts", key, n)
		}
	}
	if _, err := o.store.Export(t.Context(), "", io.Discard, nil); err != nil {
		t.Error(err)
	}
}

// TestKeysAreWide: a key that two forms happened to share would make the second act a silent repeat of the first, so each key on the
// sheet and its detail sheet has at least a hundred bits of chance.
func TestKeysAreWide(t *testing.T) {
	o := newSite(t).found("aoba")
	o.set(o.people[0], o.place.Day, "日")
	keys := regexp.MustCompile(`name="key" value="([^"]*)"`)
	for _, path := range []string{"", "/guests", "/cells/" + string(o.people[0].ID) + "/" + o.place.Day.String()} {
		found := keys.FindAllStringSubmatch(o.admin.get(o.path(path)).want(t, http.StatusOK).body, -1)
		if len(found) == 0 {
			t.Errorf("%q has no keys", path)
		}
		for _, m := range found {
			if len(m[1]) < 20 { // base32: five bits a letter
				t.Errorf("%q has the key %q", path, m[1])
			}
		}
	}
}
