//go:build !unix

package sitestest

import "time"

// CPUTime is the clock where the processor time cannot be had.
func CPUTime() time.Duration { return time.Duration(time.Now().UnixNano()) }
