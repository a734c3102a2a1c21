// How a recado client speaks, with go-zeromq/zmq4 and vmihailenco/msgpack.
package main

import (
	"context"
	"crypto/rand"
	"log"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/vmihailenco/msgpack/v5"
)

type fields = map[string]any

type reply struct {
	Clock int64  `msgpack:"clock"`
	Data  fields `msgpack:"data"`
}

var (
	clock  int64
	broker = zmq4.NewReq(context.Background(), zmq4.WithDialerRetry(time.Second))
)

// ask sends a request; what can be retried is retried with the same id, so that it counts once.
func ask(service string, data fields) (answer reply) {
	for id := rand.Text(); ; time.Sleep(200 * time.Millisecond) {
		clock++
		body := must(msgpack.Marshal(fields{"service": service, "id": id, "clock": clock, "timestamp": time.Now().UnixMilli(), "data": data}))
		check(broker.Send(zmq4.NewMsg(body)))
		check(msgpack.Unmarshal(must(broker.Recv()).Frames[0], &answer))
		clock = max(clock, answer.Clock) + 1
		if answer.Data["status"] == "ok" {
			return answer
		} else if answer.Data["retryable"] != true {
			log.Fatalf("%s: %s", answer.Data["code"], answer.Data["message"])
		}
	}
}

func must[Value any](value Value, err error) Value {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
