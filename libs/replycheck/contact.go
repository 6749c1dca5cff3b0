package replycheck

import "strings"

// checkContacts finds telephone numbers and e-mail addresses that are not the
// practice's own.
func (k *check) checkContacts() {
	var phones []string
	for _, p := range k.in.Practice.Phones[:min(len(k.in.Practice.Phones), 100)] {
		if d := digits(p); len(d) >= 3 {
			phones = append(phones, d)
		}
	}
	var emails, hosts []string
	for _, e := range k.in.Practice.Emails[:min(len(k.in.Practice.Emails), 100)] {
		e = strings.ToLower(strings.TrimSpace(e))
		emails = append(emails, e)
		if _, host, ok := strings.Cut(e, "@"); ok && !freeMail[host] {
			hosts = append(hosts, host)
		}
	}
	for _, w := range k.words {
		switch w.kind {
		case kindPhone:
			if !ownPhone(digits(k.in.Reply[w.start:w.end]), phones) {
				k.add(ruleContact, w.start, w.end)
			}
		case kindEmail:
			mail := strings.ToLower(k.in.Reply[w.start:w.end])
			if !ownEmail(mail, emails, hosts) {
				k.add(ruleContact, w.start, w.end)
			}
		}
	}
}

// freeMail are hosts where anybody has an address, so that the practice's own
// address there says nothing about another one.
var freeMail = map[string]bool{"gmail.com": true, "yahoo.com": true, "outlook.com": true, "hotmail.com": true, "aol.com": true, "icloud.com": true}

func ownEmail(mail string, emails, hosts []string) bool {
	for _, e := range emails {
		if e == mail {
			return true
		}
	}
	_, host, _ := strings.Cut(mail, "@")
	for _, h := range hosts {
		if h == host {
			return true
		}
	}
	return false
}

// ownPhone compares by the digits at the end, so that a country code, brackets
// and an extension make no difference. Free lines (800 and its like) belong to
// nobody's patient.
func ownPhone(d string, phones []string) bool {
	d = strings.TrimPrefix(strings.TrimPrefix(d, "00"), "1")
	for _, p := range phones {
		p = strings.TrimPrefix(strings.TrimPrefix(p, "00"), "1")
		if p == d || len(d) >= 7 && strings.HasSuffix(p, strings.TrimLeft(d, "0")) || len(p) >= 7 && (strings.HasPrefix(d, p) || strings.HasSuffix(d, strings.TrimPrefix(p, "0"))) {
			return true
		}
	}
	if len(d) == 10 {
		switch d[:3] {
		case "800", "833", "844", "855", "866", "877", "888":
			return true
		}
	}
	return false
}

func digits(s string) string {
	var b strings.Builder
	for _, c := range fold(s) {
		if isDigit(c.r) {
			b.WriteRune(c.r)
		}
	}
	return b.String()
}
