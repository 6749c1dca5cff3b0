package telling

import (
	"errors"
	"net/mail"
	"net/url"
	"strings"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/problem"
)

// The ways to protect the connection to the mail server.
const (
	TLSRequired      = "starttls"      // or the mail does not leave
	TLSImplicit      = "tls"           // from the first byte, usually port 465
	TLSOpportunistic = "opportunistic" // where the server offers it
	TLSNone          = "none"
)

// Settings are how messages leave. Without SMTPHost no mail does; people are told in the app, and
// Slack and webhooks still work.
type Settings struct {
	SMTPHost     string        `env:"BEDSIDE_SMTP_HOST" desc:"Mail server that e-mail is handed to. Without it no e-mail is sent; people are told in the app."`
	SMTPPort     int           `env:"BEDSIDE_SMTP_PORT" desc:"Port of the mail server: usually 587, or 465 with BEDSIDE_SMTP_TLS=tls."`
	SMTPUser     string        `env:"BEDSIDE_SMTP_USER" desc:"Name to sign in to the mail server with; empty means no sign-in."`
	SMTPPassword config.Secret `env:"BEDSIDE_SMTP_PASSWORD" desc:"Password for the mail server."`
	SMTPTLS      string        `env:"BEDSIDE_SMTP_TLS" desc:"starttls (required), tls (from the first byte), opportunistic (where offered) or none."`
	MailFrom     string        `env:"BEDSIDE_MAIL_FROM" desc:"Sender of e-mail, as in: Bedside <reviews@example.org>."`
	PublicURL    string        `env:"BEDSIDE_PUBLIC_URL" desc:"Address of the web app as people open it; links in messages lead there."`
	// HooksToLoopback lets Slack channels and webhooks lead to this machine, without TLS too.
	HooksToLoopback bool `env:"BEDSIDE_HOOKS_TO_LOOPBACK" desc:"Lets channels send to addresses of this machine, for development only."`
}

// DefaultSettings send no mail.
func DefaultSettings() Settings {
	return Settings{SMTPPort: 587, SMTPTLS: TLSRequired}
}

// Validate reports every fault.
func (s Settings) Validate() error {
	var faults []error
	fault := func(bad bool, detail string) {
		if bad {
			faults = append(faults, problem.New(problem.Invalid, "config", "%s", detail))
		}
	}
	if s.PublicURL != "" {
		u, err := url.Parse(s.PublicURL)
		fault(err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "",
			"BEDSIDE_PUBLIC_URL must be an address such as https://reviews.example.org")
	}
	switch s.SMTPTLS {
	case TLSRequired, TLSImplicit, TLSOpportunistic, TLSNone:
	default:
		fault(true, "BEDSIDE_SMTP_TLS must be starttls, tls, opportunistic or none")
	}
	if s.SMTPHost == "" {
		return errors.Join(faults...)
	}
	fault(strings.ContainsAny(s.SMTPHost, " /\r\n"), "BEDSIDE_SMTP_HOST must be a host name; the port is BEDSIDE_SMTP_PORT")
	fault(s.SMTPPort < 1 || s.SMTPPort > 65535, "BEDSIDE_SMTP_PORT must be between 1 and 65535")
	_, err := mail.ParseAddress(s.MailFrom)
	fault(err != nil, "BEDSIDE_MAIL_FROM must be an address such as Bedside <reviews@example.org>")
	fault(s.PublicURL == "", "BEDSIDE_PUBLIC_URL is not set: e-mail needs it for its links")
	fault(s.SMTPUser != "" && s.SMTPTLS == TLSNone, "BEDSIDE_SMTP_USER needs BEDSIDE_SMTP_TLS other than none, so that the password is not sent in the clear")
	fault(s.SMTPUser == "" && s.SMTPPassword.Reveal() != "", "BEDSIDE_SMTP_PASSWORD is set without BEDSIDE_SMTP_USER")
	return errors.Join(faults...)
}

// mailed reports whether e-mail can leave.
func (s Settings) mailed() bool { return s.SMTPHost != "" }

// base is the web app's address without a slash at its end.
func (s Settings) base() string { return strings.TrimRight(s.PublicURL, "/") }
