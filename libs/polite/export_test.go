package polite

// Hosts is how many hosts the limiter remembers.
func (l *LocalLimiter) Hosts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.hosts)
}
