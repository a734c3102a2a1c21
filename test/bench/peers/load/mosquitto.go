package main

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

type mosquittoConnection struct{ client mqtt.Client }

var mosquittoClients atomic.Int64

func prepareMosquitto(given settings) error {
	opened, err := connectMosquitto(given)
	if err != nil {
		return err
	}
	opened.close()
	return nil
}

func connectMosquitto(given settings) (connection, error) {
	options := mqtt.NewClientOptions().
		AddBroker("tcp://" + given.addresses[0]).
		SetClientID(fmt.Sprintf("bench-%d-%d", os.Getpid(), mosquittoClients.Add(1))).
		SetConnectTimeout(5 * time.Second)
	client := mqtt.NewClient(options)
	token := client.Connect()
	token.Wait()
	return &mosquittoConnection{client}, token.Error()
}

func (c *mosquittoConnection) publish(message []byte) (func() error, error) {
	token := c.client.Publish(subject, 1, false, message)
	return func() error {
		token.Wait()
		return token.Error()
	}, nil
}

func (c *mosquittoConnection) close() { c.client.Disconnect(100) }
