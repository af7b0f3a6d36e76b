package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"wakakusa/handlers"
	"wakakusa/oidc"
)

// oidc is how the provider of identities is asked; it says nothing where there is none.
func (c Config) oidc() oidc.Config {
	return oidc.Config{
		Issuer: c.OIDCIssuer, ID: c.OIDCID, Secret: c.OIDCSecret, Callback: strings.TrimSuffix(c.PublicURL, "/") + handlers.CallbackPath,
		Domains: c.OIDCDomains, CA: c.OIDCCA, Now: time.Now,
	}
}

// provider is nil where none is set. It is not asked before somebody wants in.
func (c Config) provider() (*oidc.Provider, error) {
	if c.OIDCIssuer == "" {
		return nil, nil //nolint:nilnil // signing in that way is off
	}
	return oidc.New(c.oidc())
}

// checkOIDC wants all of the settings or none.
func (c Config) checkOIDC() (problems []error) {
	needed := []string{c.OIDCIssuer, c.OIDCID, c.OIDCSecret, c.OIDCName}
	given := len(strings.Join(needed, "")) > 0
	if !given && len(c.OIDCDomains) == 0 && c.OIDCCA == "" {
		return nil
	}
	for i, name := range []string{"OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME"} {
		if needed[i] == "" {
			problems = append(problems, fmt.Errorf("%s must be set: the settings that begin with OIDC_ belong together", name))
		}
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" {
		problems = append(problems, errors.New("PUBLIC_URL must be set: the provider of OIDC_ISSUER sends people back to it"))
	}
	if c.OIDCIssuer != "" {
		if err := c.oidc().Check(); err != nil {
			problems = append(problems, fmt.Errorf("OIDC_ISSUER, OIDC_ALLOWED_DOMAINS, OIDC_CA: %w", err))
		}
	}
	if c.AppEnv == "production" && strings.HasPrefix(c.OIDCIssuer, "http:") {
		problems = append(problems, errors.New("OIDC_ISSUER must be reached by https in production"))
	}
	return problems
}
