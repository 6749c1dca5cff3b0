package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/bootstrap"
	"github.com/bedside-health/bedside/services/gateway/internal/store"
	"github.com/bedside-health/bedside/services/gateway/signin"
)

func TestSignIn_RightPassword_GivesTokenAndCookie(t *testing.T) {
	d := start(t)
	a := d.stranger().send(http.MethodPost, "/api/v1/session", map[string]any{"email": " Ada@Lakeside.example ", "password": password})
	require.Equal(t, http.StatusCreated, a.status, a.text())
	token := a.object()["token"].(string)
	require.GreaterOrEqual(t, len(token), 43, "256 bits")
	require.NotContains(t, a.text(), "password_hash")
	cookies := (&http.Response{Header: a.header}).Cookies()
	require.Len(t, cookies, 1)
	require.Equal(t, "bedside_session", cookies[0].Name)
	require.Equal(t, token, cookies[0].Value)
	require.True(t, cookies[0].HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, cookies[0].SameSite)
	require.False(t, cookies[0].Secure, "plain HTTP")

	byToken, byCookie := d.stranger(), d.stranger()
	byToken.token, byCookie.cookie = token, token
	for _, b := range []*browser{byToken, byCookie} {
		me := b.ok("/api/v1/me").object()
		require.Equal(t, "ada", me["person"].(map[string]any)["id"])
		require.Equal(t, "Practice lakeside", me["organization"].(map[string]any)["name"])
	}
}

func TestSignIn_Stored_TokenIsNowhereInTheStore(t *testing.T) {
	d := start(t)
	ada := d.as("ada", "lakeside")
	opened, err := store.Open(t.Context(), d.backend, time.Now)
	require.NoError(t, err)
	session, err := opened.Session(t.Context(), signin.Digest(ada.token))
	require.NoError(t, err, "a session is found by the digest of its token")
	require.NotContains(t, fmt.Sprintf("%+v", session), ada.token)
	_, err = opened.Session(t.Context(), ada.token)
	require.Equal(t, problem.NotFound, problem.KindOf(err), "and not by the token")
	person, err := d.store.People.Get(t.Context(), docstore.Org("lakeside"), "ada")
	require.NoError(t, err)
	require.NotContains(t, person.PasswordHash, password)
	require.NotContains(t, d.logs.String(), ada.token)
}

func TestSignIn_WrongOrUnknownOrInactive_AnswersTheSame(t *testing.T) {
	d := start(t)
	_, err := d.store.People.Update(t.Context(), docstore.Org("lakeside"), "vic", func(p *collections.Person) error {
		p.Active = false
		return nil
	})
	require.NoError(t, err)
	wrong := d.stranger().send(http.MethodPost, "/api/v1/session", map[string]any{"email": "ada@lakeside.example", "password": "wrong"})
	unknown := d.stranger().send(http.MethodPost, "/api/v1/session", map[string]any{"email": "nobody@lakeside.example", "password": password})
	inactive := d.stranger().send(http.MethodPost, "/api/v1/session", credentials("vic", "lakeside"))
	require.Equal(t, http.StatusUnauthorized, wrong.status)
	require.Equal(t, "wrong_credentials", wrong.code())
	require.Equal(t, wrong.text(), unknown.text())
	require.Equal(t, wrong.text(), inactive.text())
	require.Empty(t, wrong.header.Get("Set-Cookie"))
}

func TestSignIn_ManyFailures_HaveToWait(t *testing.T) {
	d := start(t)
	var last answer
	for range 6 {
		last = d.stranger().send(http.MethodPost, "/api/v1/session", map[string]any{"email": "ada@lakeside.example", "password": "wrong"})
	}
	require.Equal(t, http.StatusTooManyRequests, last.status, last.text())
	require.NotEmpty(t, last.header.Get("Retry-After"))
	right := d.stranger().send(http.MethodPost, "/api/v1/session", credentials("ada", "lakeside"))
	require.Equal(t, http.StatusTooManyRequests, right.status, "the right password waits, too")
	other := d.stranger().send(http.MethodPost, "/api/v1/session", credentials("max", "lakeside"))
	require.Equal(t, http.StatusCreated, other.status, "other people do not wait")
}

func TestSignIn_ManyAtOnce_GainNothing(t *testing.T) {
	d := start(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	tried := 0
	for range 40 {
		wg.Go(func() {
			a := d.stranger().send(http.MethodPost, "/api/v1/session", map[string]any{"email": "ada@lakeside.example", "password": "wrong"})
			mu.Lock()
			defer mu.Unlock()
			if a.status == http.StatusUnauthorized {
				tried++
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, tried, 5)
	require.Positive(t, tried)
}

func TestSignOut_Session_EndsAtOnce(t *testing.T) {
	d := start(t)
	ada := d.as("ada", "lakeside")
	require.Equal(t, http.StatusNoContent, ada.send(http.MethodDelete, "/api/v1/session", nil).status)
	require.Equal(t, http.StatusUnauthorized, ada.get("/api/v1/me").status)
}

func TestSession_PersonDeactivated_IsOutAtTheNextRequest(t *testing.T) {
	d := start(t)
	rita := d.as("rita", "lakeside")
	rita.ok("/api/v1/me")
	_, err := d.store.People.Update(t.Context(), docstore.Org("lakeside"), "rita", func(p *collections.Person) error {
		p.Active = false
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, rita.get("/api/v1/me").status)
}

func TestCookie_CommandFromAnotherSite_IsRefused(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	evil := d.stranger()
	evil.cookie = d.as("rita", "lakeside").token
	body := map[string]any{"owner_id": "max"}
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		a := evil.send(http.MethodPut, "/api/v1/reviews/r_1/owner", body, header...)
		require.Equal(t, http.StatusForbidden, a.status, a.text())
		require.Equal(t, "cross_origin", a.code())
		signIn := d.stranger().send(http.MethodPost, "/api/v1/session", credentials("ada", "lakeside"), header...)
		require.Equal(t, http.StatusForbidden, signIn.status, "nobody is signed in by another site")
	}
	require.Empty(t, d.workflow.commands())
	own := evil.send(http.MethodPut, "/api/v1/reviews/r_1/owner", body, "Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusOK, own.status, own.text())
}

func TestToken_Minted_WorksUntilTheNextOfItsName(t *testing.T) {
	d := start(t)
	request := bootstrap.TokenRequest{OrgID: "lakeside", Email: "ada@lakeside.example", Name: "local"}
	first, err := bootstrap.MintToken(t.Context(), d.backend, request)
	require.NoError(t, err)
	b := d.stranger()
	b.token = first
	require.Equal(t, "ada", b.ok("/api/v1/me").object()["person"].(map[string]any)["id"])
	require.Equal(t, http.StatusUnprocessableEntity, b.send(http.MethodDelete, "/api/v1/session", nil).status)

	second, err := bootstrap.MintToken(t.Context(), d.backend, request)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/me").status)
	b.token = second
	b.ok("/api/v1/me")

	request.Lifetime = time.Millisecond
	short, err := bootstrap.MintToken(t.Context(), d.backend, request)
	require.NoError(t, err)
	b.token = short
	require.Eventually(t, func() bool { return b.get("/api/v1/me").status == http.StatusUnauthorized }, patience, 2*time.Millisecond)

	_, err = bootstrap.MintToken(t.Context(), d.backend, bootstrap.TokenRequest{OrgID: "harbor", Email: "ada@lakeside.example", Name: "local"})
	require.Error(t, err, "a token is not made for another organization")
}

func TestCredentials_NotATokenOfOurs_IsRefused(t *testing.T) {
	d := start(t)
	ada := d.as("ada", "lakeside")
	for _, token := range []string{"x", strings.Repeat("a", 5000), "bss_" + strings.Repeat("A", 43), "bst_" + strings.Repeat("A", 43), ada.token + "A", ada.token[:len(ada.token)-1]} {
		b := d.stranger()
		b.token = token
		require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/me").status)
		b.token, b.cookie = "", token
		require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/me").status)
	}
	b := d.stranger()
	b.token, b.cookie = "x", ada.token
	require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/me").status, "a wrong token does not fall back to the cookie")
}
