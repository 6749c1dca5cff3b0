//go:build unix

package sitestest

import (
	"syscall"
	"time"
)

// CPUTime is the processor time this process has used. Bounds on the work of a
// parser are kept on it, because a busy machine stretches the clock.
func CPUTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
