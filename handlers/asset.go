package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// getAsset serves files whose name carries the hash of their content: they never change.
func (s *Server) getAsset(c *request) error {
	asset, ok := s.assets.Open("/s/" + c.Param("asset"))
	if !ok {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	h := c.Response().Header()
	body := asset.Body
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if len(asset.Gzip) > 0 && strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		h.Set("Vary", "Accept-Encoding")
		body = asset.Gzip
	}
	return c.Blob(http.StatusOK, asset.Type, body)
}

func (s *Server) getManifest(c *request) error {
	asset, ok := s.assets.Open(s.assets.URL("manifest.webmanifest"))
	if !ok {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, asset.Type, asset.Body)
}

// getFavicon answers browsers that ask without reading the page.
func (s *Server) getFavicon(c *request) error {
	return c.Redirect(http.StatusFound, s.assets.URL("mark.svg"))
}
