package tagging

import "github.com/bedside-health/bedside/services/sentiment/tagging/token"

// scan turns the text into words.
func (r *reading) scan() {
	r.words, r.ownIDs = r.words[:0], r.ownIDs[:0]
	own := r.lex.own
	sc := token.New(r.text)
	for {
		t, ok := sc.Next()
		if !ok {
			break
		}
		w := word{start: int32(t.Start), end: int32(t.End), kind: t.Kind, capital: t.Capital && !t.Shout}
		switch t.Kind {
		case token.Word:
			w.id = r.lex.lookup(sc.Norm(), t.Elongated)
		case token.Emoji:
			if w.id = r.lex.lookup(sc.Norm(), false); w.id == idUnknown {
				w.id = idEmoji
			}
		case token.Number:
			w.id = idNumber
		case token.Money:
			w.id = idMoney
		case token.End:
			w.id = idEnd
			w.stop = true
		case token.Comma:
			w.id = idComma
		}
		w.wordInfo = r.lex.infos[w.id]
		if w.traits&traitContrast != 0 {
			w.stop = true
		}
		r.words = append(r.words, w)
		if own != nil {
			r.ownIDs = append(r.ownIDs, own.words.get(ownNorm(t, sc.Norm())))
		}
	}
}
