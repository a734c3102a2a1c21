package main

import (
	"context"

	"github.com/redis/go-redis/v9"
)

type redisConnection struct{ client *redis.Client }

func redisClient(given settings) *redis.Client {
	return redis.NewClient(&redis.Options{Addr: given.addresses[0], PoolSize: 1})
}

func prepareRedis(given settings) error {
	client := redisClient(given)
	defer client.Close()
	return client.Ping(context.Background()).Err()
}

func connectRedis(given settings) (connection, error) {
	client := redisClient(given)
	return &redisConnection{client}, client.Ping(context.Background()).Err()
}

func entry(message []byte) *redis.XAddArgs {
	return &redis.XAddArgs{Stream: subject, Values: []any{"message", message}}
}

func (c *redisConnection) publish(message []byte) (func() error, error) {
	err := c.client.XAdd(context.Background(), entry(message)).Err()
	return func() error { return nil }, err
}

// publishAll sends a whole pipeline and waits for all its answers: the client has no other way to have many in flight.
func (c *redisConnection) publishAll(message []byte, count int) error {
	_, err := c.client.Pipelined(context.Background(), func(pipe redis.Pipeliner) error {
		for range count {
			pipe.XAdd(context.Background(), entry(message))
		}
		return nil
	})
	return err
}

func (c *redisConnection) close() { c.client.Close() }
