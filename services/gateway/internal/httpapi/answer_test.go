package httpapi

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

func TestAnswer_ReaderWhoTakesNothing_IsGivenUp(t *testing.T) {
	gin.SetMode(gin.TestMode)
	s := &server{pace: pace{start: 200 * time.Millisecond, rate: 1 << 40}}
	ended := make(chan struct{})
	engine := gin.New()
	engine.GET("/", func(c *gin.Context) {
		defer close(ended)
		// Far more than the buffers of a connection hold.
		s.answer(c, http.StatusOK, strings.Repeat("x", 16<<20))
	})
	web := httptest.NewServer(engine)
	defer web.Close()
	conn, err := net.Dial("tcp", web.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the answer is still being written")
	}
}
