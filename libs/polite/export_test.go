package polite

// Hosts is how many hosts the limiter remembers.
func (l *LocalLimiter) Hosts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.hosts)
}

// RobotsHeld is how many bytes of rules the cache holds.
func (c *Client) RobotsHeld() int {
	c.robots.mu.Lock()
	defer c.robots.mu.Unlock()
	return c.robots.held
}
