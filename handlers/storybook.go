package handlers

import (
	"net/http"

	"wakakusa/static"
	"wakakusa/views"
)

// Storybook serves every component in every state, with the same policy as the program itself.
func Storybook() (http.Handler, error) {
	texts, err := views.LoadTexts()
	if err != nil {
		return nil, err
	}
	assets, err := static.New()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+static.Prefix, func(w http.ResponseWriter, r *http.Request) {
		asset, ok := assets.Open(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", asset.Type)
		w.Write(asset.Body) //nolint:errcheck // the reader went away
	})
	frame := func(r *http.Request) views.Frame {
		lang := r.URL.Query().Get("lang")
		return views.Frame{Text: texts.For(lang), Title: "Storybook", Assets: assets, Theme: r.URL.Query().Get("theme")}
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		f := frame(r)
		views.StoryIndex(f, views.Stories(f)).Render(r.Context(), w) //nolint:errcheck // the reader went away
	})
	mux.HandleFunc("GET /stories/{slug}", func(w http.ResponseWriter, r *http.Request) {
		for _, story := range views.Stories(frame(r)) {
			if story.Slug == r.PathValue("slug") {
				story.Page.Render(r.Context(), w) //nolint:errcheck // the reader went away
				return
			}
		}
		http.NotFound(w, r)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		securityHeaders(w.Header())
		mux.ServeHTTP(w, r)
	}), nil
}
