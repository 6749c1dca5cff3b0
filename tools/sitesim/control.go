package sitesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// controlRoutes are for demonstrations and tests:
//
//	GET    /_sim/state                counts of reviews and the listings
//	GET    /_sim/definition           what the adapter selector needs to read TownHealth
//	POST   /_sim/reviews              {location, site, author, rating, text, [id], [posted_at]} a new review
//	PUT    /_sim/reviews/{id}         {text, rating} an edit
//	DELETE /_sim/reviews/{id}         a removal
//	PUT    /_sim/reviews/{id}/reply   {text} somebody answers on the site; no text takes the answer back
//	POST   /_sim/arrive?n=1           the next reviews arrive now
//	PUT    /_sim/faults               Faults from now on
//	POST   /_sim/faults               OneFault for the next requests
//	DELETE /_sim/faults               no more faults
func (s *Sim) controlRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_sim/state", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"reviews": s.world.counts(), "listings": s.Listings(), "overruns": s.Overruns()})
	})
	mux.HandleFunc("GET /_sim/definition", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = io.WriteString(w, s.Definition())
	})
	mux.HandleFunc("POST /_sim/reviews", s.postReview)
	mux.HandleFunc("PUT /_sim/reviews/{id}", s.editReview)
	mux.HandleFunc("DELETE /_sim/reviews/{id}", func(w http.ResponseWriter, r *http.Request) {
		answerErr(w, s.world.remove(r.PathValue("id")), map[string]string{"removed": r.PathValue("id")})
	})
	mux.HandleFunc("PUT /_sim/reviews/{id}/reply", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Text string `json:"text"`
		}
		err := decode(r, &in)
		if err == nil {
			err = s.Reply(r.PathValue("id"), in.Text)
		}
		answerErr(w, err, map[string]string{"answered": r.PathValue("id")})
	})
	mux.HandleFunc("POST /_sim/arrive", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if r.URL.Query().Get("n") == "" {
			n, err = 1, nil
		}
		if err != nil || n < 1 || n > 10_000 {
			answerErr(w, errors.New("n: want a number from 1 to 10000"), nil)
			return
		}
		answerErr(w, s.Arrive(n), map[string]int{"arrived": n})
	})
	mux.HandleFunc("PUT /_sim/faults", func(w http.ResponseWriter, r *http.Request) {
		var f Faults
		if err := errors.Join(decode(r, &f), f.validate()); err != nil {
			answerErr(w, err, nil)
			return
		}
		s.faults.set(f)
		answer(w, http.StatusOK, f)
	})
	mux.HandleFunc("POST /_sim/faults", func(w http.ResponseWriter, r *http.Request) {
		f := OneFault{Times: 1}
		if err := errors.Join(decode(r, &f), f.validate()); err != nil {
			answerErr(w, err, nil)
			return
		}
		s.faults.push(f)
		answer(w, http.StatusOK, f)
	})
	mux.HandleFunc("DELETE /_sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.faults.set(Faults{})
		answer(w, http.StatusOK, Faults{})
	})
}

type postedReview struct {
	ID       string    `json:"id"`
	Location string    `json:"location"`
	Site     string    `json:"site"` // google, a further site, or directory for the location's directory
	Author   string    `json:"author"`
	Rating   int       `json:"rating"`
	Text     string    `json:"text"`
	PostedAt time.Time `json:"posted_at"`
}

func (s *Sim) postReview(w http.ResponseWriter, r *http.Request) {
	var in postedReview
	if err := decode(r, &in); err != nil {
		answerErr(w, err, nil)
		return
	}
	l, ok := locationByKey(in.Location)
	if in.Site == "" {
		in.Site = Google
	}
	served := slices.Contains(append([]string{Google, "directory", l.directory}, s.cfg.Sites...), in.Site)
	if !ok || in.Rating < 1 || in.Rating > 5 || !served || strings.ContainsAny(in.ID, "/?# ") {
		answerErr(w, fmt.Errorf("want a location of %s, a site of google, directory or one of the further sites that are served, and a rating of 1 to 5", strings.Join(Locations(), ", ")), nil)
		return
	}
	added, err := s.world.add(review{ID: in.ID, Author: in.Author, Stars: in.Rating, Text: in.Text, Posted: in.PostedAt}, shelfOf(l, in.Site))
	answerErr(w, err, added)
}

func (s *Sim) editReview(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text   string `json:"text"`
		Rating int    `json:"rating"`
	}
	if err := decode(r, &in); err != nil || in.Rating < 0 || in.Rating > 5 {
		answerErr(w, errors.Join(err, errors.New("want text, and a rating of 1 to 5 or none")), nil)
		return
	}
	changed, err := s.world.change(r.PathValue("id"), in.Text, in.Rating)
	answerErr(w, err, changed)
}

func decode(r *http.Request, into any) error {
	data, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("the request is not the JSON that is wanted: %w", err)
	}
	return nil
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func answerErr(w http.ResponseWriter, err error, body any) {
	switch {
	case err == nil:
		answer(w, http.StatusOK, body)
	case errors.Is(err, errNoReview):
		answer(w, http.StatusNotFound, map[string]string{"error": err.Error()})
	case errors.Is(err, errTaken):
		answer(w, http.StatusConflict, map[string]string{"error": err.Error()})
	default:
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	}
}
