package kafkaio

import "github.com/bedside-health/bedside/libs/config"

// Connect makes a Connection of a service's settings. clientID names the service in the brokers'
// logs and quotas.
func Connect(settings config.Kafka, clientID string) (Connection, error) {
	tls, err := settings.TLSConfig()
	if err != nil {
		return Connection{}, err
	}
	conn := Connection{
		Brokers: settings.Brokers, ClientID: clientID, TLS: tls,
		User: settings.User, Password: settings.Password.Reveal(), Mechanism: settings.Mechanism,
	}
	if err := conn.Validate(); err != nil {
		return Connection{}, err
	}
	return conn, nil
}

// TopicsOf are the specs of all topics as a service's settings want them. With three replicas or
// more, two must have a message before it counts as stored.
func TopicsOf(settings config.Kafka) []TopicSpec {
	specs := Topics(settings.Partitions, settings.Retention, settings.MaxBytes)
	for i := range specs {
		specs[i].Replication = settings.Replication
		if settings.Replication >= 3 {
			specs[i].Config["min.insync.replicas"] = "2"
		}
	}
	return specs
}
