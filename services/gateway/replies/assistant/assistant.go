// Package assistant asks a language model for a reply, over the chat completions API that OpenAI
// and compatible servers have.
//
// It promises:
//   - What leaves is the public review's text, its stars, its site, a language and our
//     instructions; no name, no identifier, nothing of the practice.
//   - What comes back is a bounded text without control characters and without invisible ones. It
//     is otherwise whatever the model wrote, also if the review told it to: whoever uses it has to
//     check it and to show it to a person.
//   - One request a question, bounded in time and size, never redirected.
package assistant

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/config"
)

const (
	// maxReview is how much of a review is sent, and maxText how much of an answer is used, in
	// characters. maxAnswer bounds the answer in bytes.
	maxReview = 8000
	maxText   = 2000
	maxAnswer = 1 << 20
	// maxTokens is asked of the server.
	maxTokens = 700
	// atOnce bounds the questions that are under way.
	atOnce = 4
)

// Config configures a Client.
type Config struct {
	// URL is the server's address, such as https://api.example.org or http://localhost:11434;
	// /v1/chat/completions is added, or what is missing of it.
	URL     string
	Key     config.Secret // sent as a bearer token; empty means none
	Model   string
	Timeout time.Duration // of a question
}

// Client asks an assistant. It is safe for concurrent use.
type Client struct {
	cfg      Config
	endpoint string
	http     *http.Client
	turns    chan struct{}
}

// Endpoint is where questions go for an address; it must be http or https without user or query.
func Endpoint(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("an assistant's address is http://host:port or https://host, without a user or a query")
	}
	path := strings.TrimSuffix(u.Path, "/")
	switch {
	case strings.HasSuffix(path, "/chat/completions"):
	case strings.HasSuffix(path, "/v1"):
		path += "/chat/completions"
	default:
		path += "/v1/chat/completions"
	}
	u.Path = path
	return u.String(), nil
}

// New makes a Client.
func New(cfg Config) (*Client, error) {
	endpoint, err := Endpoint(cfg.URL)
	if err != nil {
		return nil, err
	}
	if cfg.Model == "" || cfg.Timeout <= 0 {
		return nil, errors.New("configure the assistant: a model and a timeout are required")
	}
	return &Client{
		cfg: cfg, endpoint: endpoint, turns: make(chan struct{}, atOnce),
		http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// Question is what is asked.
type Question struct {
	Review   string   // as it is public
	Stars    *float64 // nil where there are none
	Site     string
	Language string // en or es
	// Phone and Manager say that {{phone}} and {{manager}} may stand in the answer, to be filled in here.
	Phone, Manager bool
}

// Problem is why there is no text. Its Error is for logs, and Why for people.
type Problem struct {
	Why string
	Err error
}

func (p *Problem) Error() string {
	if p.Err == nil {
		return p.Why
	}
	return p.Why + ": " + p.Err.Error()
}

// Unwrap returns the error behind.
func (p *Problem) Unwrap() error { return p.Err }

// Why says for people why there is no text.
func Why(err error) string {
	if p := new(Problem); errors.As(err, &p) {
		return p.Why
	}
	return "The assistant failed."
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type request struct {
	Model       string    `json:"model"`
	Messages    []message `json:"messages"`
	MaxTokens   int       `json:"max_tokens"`
	Temperature float64   `json:"temperature"`
	Stream      bool      `json:"stream"`
}

// public is all that is told of a review.
type public struct {
	Site     string   `json:"site"`
	Stars    *float64 `json:"stars,omitempty"`
	Language string   `json:"language"`
	Review   string   `json:"review"`
}

// Write asks for a reply. The text may hold {{phone}} and {{manager}}. The error is a *Problem.
func (c *Client) Write(ctx context.Context, q Question) (string, error) {
	select {
	case c.turns <- struct{}{}:
		defer func() { <-c.turns }()
	default:
		return "", &Problem{Why: "The assistant is busy with other questions. Ask again in a moment."}
	}
	body, err := c.question(q)
	if err != nil {
		return "", &Problem{Why: "The assistant could not be asked.", Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	answer, err := c.send(ctx, body)
	if err != nil {
		return "", err
	}
	return read(answer)
}

func (c *Client) question(q Question) ([]byte, error) {
	told := public{Site: q.Site, Stars: q.Stars, Language: q.Language, Review: cut(strings.ToValidUTF8(q.Review, "\ufffd"), maxReview)}
	user, err := json.Marshal(told)
	if err != nil {
		return nil, fmt.Errorf("write the review: %w", err)
	}
	body, err := json.Marshal(request{
		Model: c.cfg.Model, MaxTokens: maxTokens, Temperature: 0.4,
		Messages: []message{{Role: "system", Content: instructions(q)}, {Role: "user", Content: string(user)}},
	})
	if err != nil {
		return nil, fmt.Errorf("write the question: %w", err)
	}
	return body, nil
}

func (c *Client) send(ctx context.Context, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, &Problem{Why: "The assistant could not be asked.", Err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "bedside")
	if c.cfg.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.cfg.Key.Reveal())
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return nil, &Problem{Why: "The assistant does not accept our key. An administrator has to look at BEDSIDE_ASSISTANT_KEY."}
	case resp.StatusCode == http.StatusTooManyRequests:
		return nil, &Problem{Why: "The assistant has too many questions. Ask again in a few minutes."}
	case resp.StatusCode != http.StatusOK:
		return nil, &Problem{Why: fmt.Sprintf("The assistant answered with status %d.", resp.StatusCode)}
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	if len(answer) > maxAnswer {
		return nil, &Problem{Why: "The assistant's answer is too long."}
	}
	return answer, nil
}

func unreachable(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Problem{Why: "The assistant took too long.", Err: err}
	}
	return &Problem{Why: "The assistant cannot be reached.", Err: err}
}
