package sources

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/bedside-health/bedside/libs/problem"
)

var (
	yelpRef        = regexp.MustCompile(`^[\p{L}\p{N}_-]{1,200}$`)
	facebookRef    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)
	trustpilotRef  = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
	selectorName   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	careOpinionRef = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,63}$`)
)

// checkYelp takes the business' id or alias, or the address of its page.
func checkYelp(ref string) (string, error) {
	if path, ok := pathOn("yelp.com", ref); ok {
		ref, _ = strings.CutPrefix(path, "biz/")
	}
	if !yelpRef.MatchString(ref) {
		return "", badRef("ref: a Yelp listing is the business' id or alias, or the address of its page, https://www.yelp.com/biz/ALIAS.")
	}
	return ref, nil
}

// checkFacebook takes the Page's id or name, or its address.
func checkFacebook(ref string) (string, error) {
	if path, ok := pathOn("facebook.com", ref); ok {
		u, _ := url.Parse(ref) // pathOn read it
		if ref, _, _ = strings.Cut(path, "/"); ref == "profile.php" {
			ref = u.Query().Get("id")
		}
	}
	if !facebookRef.MatchString(ref) {
		return "", badRef("ref: a Facebook listing is the Page's id or name, or its address, https://www.facebook.com/NAME.")
	}
	return ref, nil
}

func checkTrustpilot(ref string) (string, error) {
	if !trustpilotRef.MatchString(ref) {
		return "", badRef("ref: a Trustpilot listing is the id of the business unit, 24 letters and digits in the settings of Trustpilot's business app.")
	}
	return ref, nil
}

func checkCareOpinion(ref string) (string, error) {
	if !careOpinionRef.MatchString(ref) {
		return "", badRef("ref: a Care Opinion listing is the code of a health service (NACS or ODS code), or all for everything that the subscription has.")
	}
	return ref, nil
}

// checkSelector takes the name of a definition, an exclamation mark and the address of
// the first page. Whether there is such a definition only the scraper knows.
func checkSelector(ref string) (string, error) {
	name, page, found := strings.Cut(ref, "!")
	address, err := CheckRef(Directory, page)
	if !found || err != nil || !selectorName.MatchString(name) {
		return "", badRef("ref: write the name of the site's definition, an exclamation mark and the address of the page, as in townhealth!https://townhealth.example/harbor-eye.")
	}
	return name + "!" + address, nil
}

func badRef(detail string) error { return problem.New(problem.Invalid, "bad_ref", "%s", detail) }

// pathOn is the path of a page of a site, without slashes at its ends.
func pathOn(site, ref string) (string, bool) {
	u, err := url.Parse(ref)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		return "", false
	}
	host := strings.ToLower(u.Hostname())
	if host != site && !strings.HasSuffix(host, "."+site) {
		return "", false
	}
	return strings.Trim(u.Path, "/"), true
}
