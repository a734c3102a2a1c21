package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

type natsConnection struct {
	connection *nats.Conn
	stream     nats.JetStreamContext
	window     int
}

func natsURL(given settings) string {
	return "nats://" + strings.Join(given.addresses, ",nats://")
}

// prepareNats makes a stream on files, on as many servers as asked for, and waits until it has a leader.
func prepareNats(given settings) error {
	connection, err := nats.Connect(natsURL(given))
	if err != nil {
		return err
	}
	defer connection.Close()
	stream, err := connection.JetStream(nats.MaxWait(5 * time.Second))
	if err != nil {
		return err
	}
	config := nats.StreamConfig{
		Name: subject, Subjects: []string{subject}, Storage: nats.FileStorage, Replicas: given.replicas,
	}
	if _, err = stream.AddStream(&config); err != nil {
		return err
	}
	info, err := stream.StreamInfo(subject)
	if err != nil {
		return err
	}
	if given.replicas == 1 {
		return nil
	}
	if info.Cluster == nil || info.Cluster.Leader == "" || len(info.Cluster.Replicas) != given.replicas-1 {
		return fmt.Errorf("the stream has no leader yet")
	}
	for _, replica := range info.Cluster.Replicas {
		if !replica.Current {
			return fmt.Errorf("replica %s is not current yet", replica.Name)
		}
	}
	return nil
}

// connectNats connects to the stream's leader: from another server every message would go one hop further.
func connectNats(given settings) (connection, error) {
	connected, err := connectLeader(given)
	if err != nil {
		return nil, err
	}
	stream, err := connected.JetStream(nats.PublishAsyncMaxPending(given.window))
	if err != nil {
		return nil, err
	}
	return &natsConnection{connected, stream, given.window}, nil
}

func (c *natsConnection) publish(message []byte) (func() error, error) {
	if c.window == 1 {
		_, err := c.stream.Publish(subject, message)
		return func() error { return nil }, err
	}
	future, err := c.stream.PublishAsync(subject, message)
	if err != nil {
		return nil, err
	}
	return func() error {
		select {
		case <-future.Ok():
			return nil
		case err := <-future.Err():
			return err
		}
	}, nil
}

func (c *natsConnection) close() { c.connection.Close() }

func connectLeader(given settings) (*nats.Conn, error) {
	for _, address := range given.addresses {
		connected, err := nats.Connect("nats://"+address, nats.IgnoreDiscoveredServers())
		if err != nil {
			return nil, err
		}
		leads, err := isLeader(connected)
		if err != nil || leads {
			return connected, err
		}
		connected.Close()
	}
	return nil, fmt.Errorf("no server leads the stream")
}

func isLeader(connected *nats.Conn) (bool, error) {
	stream, err := connected.JetStream()
	if err != nil {
		return false, err
	}
	info, err := stream.StreamInfo(subject)
	if err != nil {
		return false, err
	}
	return info.Cluster == nil || info.Cluster.Leader == connected.ConnectedServerName(), nil
}
