package csv

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/bedside-health/bedside/libs/problem"
)

// decoded gives the file as UTF-8 without a byte order mark. UTF-16, which
// spreadsheets call "Unicode text", is known by its mark or by the zero bytes
// of its first characters. Nothing else is guessed: a row that is not UTF-8 is
// rejected where it stands.
func decoded(r io.Reader, name string) (io.Reader, error) {
	in := bufio.NewReader(r)
	start, _ := in.Peek(4)
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3)
		return in, nil
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return utf16(in, unicode.LittleEndian, unicode.UseBOM), nil
	case len(start) == 4 && start[0] != 0 && start[1] == 0 && start[2] != 0 && start[3] == 0:
		return utf16(in, unicode.LittleEndian, unicode.IgnoreBOM), nil
	case len(start) == 4 && start[0] == 0 && start[1] != 0 && start[2] == 0 && start[3] != 0:
		return utf16(in, unicode.BigEndian, unicode.IgnoreBOM), nil
	}
	if name == "" || strings.EqualFold(name, "utf-8") || strings.EqualFold(name, "utf8") {
		return in, nil
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil, problem.New(problem.Invalid, "unknown_encoding", "the encoding %q is not known; utf-8 and windows-1252 are common", name)
	}
	return transform.NewReader(in, enc.NewDecoder()), nil
}

func utf16(in io.Reader, order unicode.Endianness, bom unicode.BOMPolicy) io.Reader {
	return transform.NewReader(in, unicode.UTF16(order, bom).NewDecoder())
}
