package replytext

// Sentences visits every sentence, filled in.
func (w *Writer) Sentences(v Values, visit func(language, section, text string)) {
	for language, sections := range w.sections {
		for section, templates := range sections {
			for _, t := range templates {
				if filled, ok := t.Fill(v); ok {
					visit(language, section, filled.Text)
				}
			}
		}
	}
}
