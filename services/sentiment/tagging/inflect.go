package tagging

import "strings"

// inflectSpanish returns the regular inflections of a Spanish word, by its
// ending: gender and number of nouns and adjectives, tenses of verbs. A few of them do
// not exist; those do no harm. Accents are dropped, as they are in texts.
func inflectSpanish(w string) []string {
	w = normalWord(w)
	out := []string{w}
	add := func(stem string, endings string) {
		for e := range strings.FieldsSeq(endings) {
			out = append(out, stem+e)
		}
	}
	if len(w) < 3 {
		return append(out, w+"s")
	}
	stem := w[:len(w)-2]
	switch {
	case strings.HasSuffix(w, "ar"):
		add(stem, "o as a amos an e aste aron aba abas abamos aban ado ada ados adas ando are ara aran aremos aria arian en es emos arme arte arlo arla arle arnos andome ome")
	case strings.HasSuffix(w, "er"), strings.HasSuffix(w, "ir"):
		add(stem, "o es e emos imos en i iste io ieron ia ias iamos ian ido ida idos idas iendo era eran ira iran eria erian iria irian a an amos erme erle erlo irme irle irlo")
	case strings.HasSuffix(w, "o"), strings.HasSuffix(w, "a"):
		add(w[:len(w)-1], "o a os as isimo isima isimos isimas")
	case strings.HasSuffix(w, "e"):
		add(w, "s")
		add(w[:len(w)-1], "isimo isima isimos isimas")
	case strings.HasSuffix(w, "z"):
		add(w[:len(w)-1], "ces")
	default:
		add(w, "a as es")
	}
	return out
}
