package main

import (
	"maps"
	"strings"
	"testing"
)

// TestOIDCSettings: all of them or none, each lack told by its name; the secret is shown nowhere, and nothing is asked at the start.
func TestOIDCSettings(t *testing.T) {
	all := map[string]string{
		"OIDC_ISSUER": "https://id.example.jp/realms/main", "OIDC_CLIENT_ID": "wakakusa", "OIDC_CLIENT_SECRET": "hidden", "OIDC_NAME": "職場のID", "PUBLIC_URL": "https://shift.example.jp/",
	}
	for name, x := range map[string]struct {
		change map[string]string // "" takes away
		says   string
	}{
		"all":                   {nil, ""},
		"with domains":          {map[string]string{"OIDC_ALLOWED_DOMAINS": "example.jp,example.com"}, ""},
		"no issuer":             {map[string]string{"OIDC_ISSUER": ""}, "OIDC_ISSUER must be set"},
		"no id":                 {map[string]string{"OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID must be set"},
		"no secret":             {map[string]string{"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET must be set"},
		"no name":               {map[string]string{"OIDC_NAME": ""}, "OIDC_NAME must be set"},
		"no address":            {map[string]string{"PUBLIC_URL": ""}, "PUBLIC_URL must be set"},
		"plain http":            {map[string]string{"OIDC_ISSUER": "http://id.example.jp"}, "by https"},
		"this machine":          {map[string]string{"OIDC_ISSUER": "http://127.0.0.1:8081"}, ""},
		"this machine, in real": {map[string]string{"OIDC_ISSUER": "http://127.0.0.1:8081", "APP_ENV": "production", "ALLOWED_HOSTS": "x", "USE_HTTPS": "true"}, "https in production"},
		"an address as domain":  {map[string]string{"OIDC_ALLOWED_DOMAINS": "a@example.jp"}, "a domain is such as"},
		"no such file":          {map[string]string{"OIDC_CA": "/nowhere/ca.pem"}, "/nowhere/ca.pem"},
		"only a file":           {map[string]string{"OIDC_ISSUER": "", "OIDC_CLIENT_ID": "", "OIDC_CLIENT_SECRET": "", "OIDC_NAME": "", "OIDC_CA": "/nowhere/ca.pem"}, "OIDC_ISSUER must be set"},
	} {
		t.Run(name, func(t *testing.T) {
			vars := maps.Clone(all)
			maps.Copy(vars, x.change)
			maps.DeleteFunc(vars, func(_, v string) bool { return v == "" })
			cfg, err := loadConfig("no such file", vars)
			if (err == nil) != (x.says == "") || err != nil && !strings.Contains(err.Error(), x.says) {
				t.Fatalf("%v, want %q", err, x.says)
			}
			if err != nil {
				return
			}
			var out strings.Builder
			if err := (configCmd{}).Run(&env{config: cfg, out: &out}); err != nil || strings.Contains(out.String(), "hidden") || !strings.Contains(out.String(), "OIDC_CLIENT_SECRET=********") {
				t.Errorf("%v: %s", err, out.String())
			}
			p, err := cfg.provider()
			if err != nil || p.Callback != "https://shift.example.jp/sign-in/oidc/callback" {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
	if p, err := (Config{}).provider(); p != nil || err != nil {
		t.Errorf("%v, %v", p, err)
	}
}
