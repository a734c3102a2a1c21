package main

import (
	"context"
	"errors"

	amqp "github.com/rabbitmq/amqp091-go"
)

type rabbitConnection struct {
	connection *amqp.Connection
	channel    *amqp.Channel
}

func openRabbit(given settings) (*rabbitConnection, error) {
	connected, err := amqp.Dial("amqp://guest:guest@" + given.addresses[0] + "/")
	if err != nil {
		return nil, err
	}
	channel, err := connected.Channel()
	if err != nil {
		connected.Close()
		return nil, err
	}
	return &rabbitConnection{connected, channel}, nil
}

// prepareRabbit declares a quorum queue, which is on disk before a publication is confirmed.
func prepareRabbit(given settings) error {
	opened, err := openRabbit(given)
	if err != nil {
		return err
	}
	defer opened.close()
	_, err = opened.channel.QueueDeclare(subject, true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
	return err
}

func connectRabbit(given settings) (connection, error) {
	opened, err := openRabbit(given)
	if err != nil {
		return nil, err
	}
	return opened, opened.channel.Confirm(false)
}

func (c *rabbitConnection) publish(message []byte) (func() error, error) {
	confirmation, err := c.channel.PublishWithDeferredConfirmWithContext(context.Background(), "", subject, false, false,
		amqp.Publishing{DeliveryMode: amqp.Persistent, Body: message})
	if err != nil {
		return nil, err
	}
	return func() error {
		if confirmation.Wait() {
			return nil
		}
		return errors.New("not confirmed")
	}, nil
}

func (c *rabbitConnection) close() { c.connection.Close() }
