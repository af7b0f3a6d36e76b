package main

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"

	"wakakusa/observatory"
)

// judgeHeaders visits a site and judges what it says to browsers.
func (c checkCmd) judgeHeaders(e *env) error {
	site := observatory.Site{URL: c.Headers, Plain: c.Plain}
	if c.CA != "" {
		text, err := os.ReadFile(c.CA)
		if err != nil {
			return err
		}
		site.Roots = x509.NewCertPool()
		if !site.Roots.AppendCertsFromPEM(text) {
			return fmt.Errorf("%s holds no certificate", c.CA)
		}
	}
	seen, err := observatory.Visit(e.ctx, site)
	if err != nil {
		return err
	}
	r := observatory.Judge(seen)
	if c.JSON {
		text, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "%s\n", text)
	} else {
		for _, x := range r.Results {
			fmt.Fprintf(e.out, "%+4d  %-30s %s\n", x.Modifier, x.Test, x.Result)
		}
		fmt.Fprintf(e.out, "%d 点、%s\n", r.Score, r.Grade)
	}
	if r.Score < c.Least {
		return fmt.Errorf("%s has %d points; %d are needed", c.Headers, r.Score, c.Least)
	}
	return nil
}
