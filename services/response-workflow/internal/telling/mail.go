package telling

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

// smtpTimeout bounds the dialling, and the silence of the server in what follows; mailTimeout the
// whole. Both are less than the lease.
const (
	smtpTimeout = 20 * time.Second
	mailTimeout = 90 * time.Second
	// mailRest is how long a mail server that cannot be reached is left alone.
	mailRest = 30 * time.Second
)

// letter is an e-mail as it is to leave.
type letter struct {
	name, address       string
	subject, text, html string
	// id is the part of the Message-ID before the @.
	id string
	// urgent asks the reader's program to say so.
	urgent bool
}

// sendMail hands a letter to the mail server.
func (d *Desk) sendMail(ctx context.Context, l letter) outcome {
	to, err := mail.ParseAddress(l.address)
	if err != nil || to.Address != l.address {
		return outcome{reason: refused, why: "the e-mail address cannot be read"}
	}
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(d.from)
	msg.ToMailAddress(&mail.Address{Name: notify.Line(l.name, 100), Address: to.Address})
	msg.Subject(notify.Line(l.subject, 200))
	msg.SetMessageIDWithValue(l.id + "@" + d.from.Address[strings.LastIndexByte(d.from.Address, '@')+1:])
	msg.SetDateWithValue(d.cfg.Clock())
	// Nobody's absence is to be answered to a machine.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetListUnsubscribe("<" + d.cfg.base() + "/settings/notifications>")
	if l.urgent {
		msg.SetImportance(gomail.ImportanceHigh)
	}
	msg.SetBodyString(gomail.TypeTextPlain, l.text)
	msg.AddAlternativeString(gomail.TypeTextHTML, l.html)
	client, err := d.mailClient()
	if err != nil {
		return outcome{reason: unreachable, why: "the mail server's settings cannot be used"}
	}
	o := classify(client.DialAndSendWithContext(ctx, msg), msg)
	if o.reason == unreachable {
		d.mailRests.Store(d.cfg.Clock().Add(mailRest).UnixMilli())
	}
	return o
}

func (d *Desk) mailClient() (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithPort(d.cfg.SMTPPort), gomail.WithTimeout(smtpTimeout)}
	if d.cfg.MailRoots != nil {
		options = append(options, gomail.WithTLSConfig(&tls.Config{ServerName: d.cfg.SMTPHost, RootCAs: d.cfg.MailRoots, MinVersion: tls.VersionTLS12}))
	}
	switch d.cfg.SMTPTLS {
	case TLSImplicit:
		options = append(options, gomail.WithSSL())
	case TLSRequired:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLSOpportunistic:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if d.cfg.SMTPUser != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(d.cfg.SMTPUser), gomail.WithPassword(d.cfg.SMTPPassword.Reveal()))
	}
	client, err := gomail.NewClient(d.cfg.SMTPHost, options...)
	if err != nil {
		return nil, fmt.Errorf("make a mail client: %w", err)
	}
	return client, nil
}

// classify says what an error of the mail client means for the message.
func classify(err error, msg *gomail.Msg) outcome {
	if err == nil || msg.IsDelivered() {
		// What fails after the server's yes, such as an orderly goodbye, changes nothing about it.
		return outcome{reason: sent}
	}
	var said *gomail.SendError
	if !errors.As(err, &said) {
		return outcome{reason: unreachable, why: "the mail server cannot be reached or does not let us sign in"}
	}
	code := said.ErrorCode()
	answered := fmt.Sprintf(" (the mail server answered %d)", code)
	switch {
	case said.Reason == gomail.ErrSMTPDataClose && code == 0:
		return outcome{reason: unclear, why: "the connection broke before the mail server answered"}
	case said.Reason == gomail.ErrSMTPRcptTo && code >= 500:
		return outcome{reason: refused, why: "the e-mail address is not taken" + answered}
	case (said.Reason == gomail.ErrSMTPData || said.Reason == gomail.ErrSMTPDataClose) && code >= 500:
		return outcome{reason: refused, why: "the message is not taken" + answered}
	case code == 0 || said.Reason == gomail.ErrConnCheck:
		return outcome{reason: unreachable, why: "the connection to the mail server broke"}
	default:
		return outcome{reason: deferred, why: "the mail server does not take the message now" + answered}
	}
}
