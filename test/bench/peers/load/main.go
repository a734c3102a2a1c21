// Loads one of recado's peers, as recado's own processes of load do, and says what it did as lines of JSON on standard
// output: {"state":"measuring"} when the warm-up is over, then the result.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// connection is one client of a peer.
type connection interface {
	// publish sends a message; what it gives waits until the peer has acknowledged it.
	publish(message []byte) (func() error, error)
	close()
}

// batcher is a connection whose peer answers a pipeline as a whole.
type batcher interface {
	publishAll(message []byte, count int) error
}

type settings struct {
	addresses []string
	replicas  int
	// window is how many messages one client has in flight.
	window int
}

var peers = map[string]struct {
	// prepare makes what is published to; it waits until the peer is there.
	prepare func(settings) error
	connect func(settings) (connection, error)
}{
	"nats":      {prepareNats, connectNats},
	"redis":     {prepareRedis, connectRedis},
	"rabbitmq":  {prepareRabbit, connectRabbit},
	"mosquitto": {prepareMosquitto, connectMosquitto},
}

const subject = "bench"

func main() {
	log.SetFlags(0)
	name := flag.String("peer", "", "nats, redis, rabbitmq or mosquitto")
	addresses := flag.String("addresses", "", "host:port, separated by commas")
	replicas := flag.Int("replicas", 1, "of a JetStream stream")
	clients := flag.Int("clients", 1, "connections")
	window := flag.Int("window", 1, "messages in flight from each")
	size := flag.Int("size", 128, "bytes of a message")
	warmUp := flag.Duration("warm-up", time.Second, "before measuring")
	duration := flag.Duration("duration", 3*time.Second, "how long is measured")
	flag.Parse()
	peer, known := peers[*name]
	if !known {
		log.Fatalf("%q is no peer", *name)
	}
	given := settings{strings.Split(*addresses, ","), *replicas, *window}
	check(until(30*time.Second, func() error { return peer.prepare(given) }))
	connections := make([]connection, *clients)
	for index := range connections {
		var err error
		connections[index], err = peer.connect(given)
		check(err)
	}
	message := []byte(strings.Repeat("x", *size))
	load(connections, *window, message, *warmUp)
	say(map[string]string{"state": "measuring"})
	say(load(connections, *window, message, *duration))
	for _, each := range connections {
		each.close()
	}
}

// result is what a process of load of recado says too.
type result struct {
	Acknowledged int     `json:"acknowledged"`
	Failed       int     `json:"failed"`
	TookMs       float64 `json:"tookMs"`
	Latency      latency `json:"latency"`
}

type latency struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func load(connections []connection, window int, message []byte, duration time.Duration) result {
	began := time.Now()
	until := began.Add(duration)
	counts := make([]counted, len(connections))
	var running sync.WaitGroup
	for index, each := range connections {
		running.Go(func() { counts[index] = loadOne(each, window, message, until) })
	}
	running.Wait()
	took := time.Since(began)
	var all []time.Duration
	failed := 0
	for _, each := range counts {
		all = append(all, each.took...)
		failed += each.failed
	}
	return result{len(all), failed, took.Seconds() * 1000, latencyOf(all)}
}

type counted struct {
	took   []time.Duration
	failed int
}

func (c *counted) add(sent time.Time, count int, err error) {
	if err != nil {
		c.failed += count
		return
	}
	took := time.Since(sent)
	for range count {
		c.took = append(c.took, took)
	}
}

func loadOne(client connection, window int, message []byte, until time.Time) counted {
	if batches, yes := client.(batcher); yes && window > 1 {
		return loadInBatches(batches, window, message, until)
	}
	if window == 1 {
		return loadOneByOne(client, message, until)
	}
	return loadInWindow(client, window, message, until)
}

func loadOneByOne(client connection, message []byte, until time.Time) (counts counted) {
	for sent := time.Now(); sent.Before(until); sent = time.Now() {
		wait, err := client.publish(message)
		if err == nil {
			err = wait()
		}
		counts.add(sent, 1, err)
	}
	return counts
}

func loadInBatches(client batcher, window int, message []byte, until time.Time) (counts counted) {
	for sent := time.Now(); sent.Before(until); sent = time.Now() {
		counts.add(sent, window, client.publishAll(message, window))
	}
	return counts
}

// loadInWindow sends whenever one of the window's messages is acknowledged; acknowledgements are waited for in order.
func loadInWindow(client connection, window int, message []byte, until time.Time) (counts counted) {
	type flying struct {
		sent time.Time
		wait func() error
	}
	// One is being waited for beside those in the channel, and one is held by the sender.
	flight := make(chan flying, window-2)
	done := make(chan struct{})
	go func() {
		for each := range flight {
			counts.add(each.sent, 1, each.wait())
		}
		close(done)
	}()
	refused := 0
	for sent := time.Now(); sent.Before(until); sent = time.Now() {
		wait, err := client.publish(message)
		if err != nil {
			refused++
			continue
		}
		flight <- flying{sent, wait}
	}
	close(flight)
	<-done
	counts.failed += refused
	return counts
}

func latencyOf(all []time.Duration) latency {
	slices.Sort(all)
	at := func(part float64) float64 {
		if len(all) == 0 {
			return 0
		}
		return float64(all[min(len(all)-1, int(float64(len(all))*part))].Microseconds()) / 1000
	}
	return latency{at(0.5), at(0.99), at(0.999), at(1)}
}

// until tries again until it works, or gives the last error.
func until(deadline time.Duration, try func() error) error {
	end := time.Now().Add(deadline)
	for {
		err := try()
		if err == nil || time.Now().After(end) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func say(value any) {
	line, err := json.Marshal(value)
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
