package docstore

import "bytes"

// maxDepth bounds how deeply a document may nest.
const maxDepth = 200

// scanner steps over JSON without decoding it. It trusts no bounds of its
// input, but it is no validator: it reads what encoding/json has written.
type scanner struct {
	data  []byte
	pos   int
	depth int
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek is the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

// raw consumes one value and returns its bytes; there is at least one.
func (s *scanner) raw() ([]byte, error) {
	start := s.pos
	if err := s.skip(); err != nil {
		return nil, err
	}
	return s.data[start:s.pos], nil
}

// skip consumes one value.
func (s *scanner) skip() error {
	switch s.peek() {
	case '"':
		return s.skipString()
	case '{', '[':
		return s.skipNested()
	default:
		start := s.pos
		for s.pos < len(s.data) {
			switch s.data[s.pos] {
			case ',', '}', ']', ' ', '\t', '\n', '\r', ':', '"', '{', '[':
				if s.pos == start {
					return errMalformed
				}
				return nil
			}
			s.pos++
		}
		if s.pos == start {
			return errMalformed
		}
		return nil
	}
}

func (s *scanner) skipString() error {
	i := s.pos + 1
	for {
		n := bytes.IndexByte(s.data[i:], '"')
		if n < 0 {
			return errMalformed
		}
		end := i + n
		slashes := 0
		for j := end - 1; j >= i && s.data[j] == '\\'; j-- {
			slashes++
		}
		i = end + 1
		if slashes%2 == 0 {
			s.pos = i
			return nil
		}
	}
}

func (s *scanner) skipNested() error {
	depth := 0
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case '"':
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.pos++
		if depth == 0 {
			return nil
		}
	}
	return errMalformed
}

// eachMember walks the object at the cursor; value must consume the member's value.
func (s *scanner) eachMember(value func(key string) error) error {
	if s.depth++; s.depth > maxDepth {
		return errMalformed
	}
	s.pos++
	for first := true; ; first = false {
		s.space()
		if s.peek() == '}' {
			s.pos++
			s.depth--
			return nil
		}
		if !first {
			if s.peek() != ',' {
				return errMalformed
			}
			s.pos++
			s.space()
		}
		if s.peek() != '"' {
			return errMalformed
		}
		raw, err := s.raw()
		if err != nil {
			return err
		}
		key, err := unquote(raw)
		if err != nil {
			return err
		}
		s.space()
		if s.peek() != ':' {
			return errMalformed
		}
		s.pos++
		s.space()
		if err := value(key); err != nil {
			return err
		}
	}
}

// eachElement walks the array at the cursor. A null has no elements; any other
// value is skipped and reported as a mismatch.
func (s *scanner) eachElement(element func() error) (mismatch bool, err error) {
	if s.peek() != '[' {
		null := s.peek() == 'n'
		return !null, s.skip()
	}
	s.pos++
	for first := true; ; first = false {
		s.space()
		if s.peek() == ']' {
			s.pos++
			return false, nil
		}
		if !first {
			if s.peek() != ',' {
				return false, errMalformed
			}
			s.pos++
			s.space()
		}
		if err := element(); err != nil {
			return false, err
		}
	}
}
