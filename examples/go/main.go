// A recado client in Go, with go-zeromq/zmq4 and vmihailenco/msgpack.
//
//	go run . receive bob news 4           prints the next four of the channel and of bob's direct messages
//	go run . send alice news hello bob    publishes on the channel, messages bob, prints the channel's history
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/vmihailenco/msgpack/v5"
)

func receive(user, channel string, count int) {
	proxy := zmq4.NewSub(context.Background(), zmq4.WithDialerRetry(time.Second), zmq4.WithAutomaticReconnect(true))
	check(proxy.Dial(cmp.Or(os.Getenv("RECADO_PROXY"), "tcp://127.0.0.1:5558")))
	check(proxy.SetOption(zmq4.OptionSubscribe, "channel/"+channel+"/"))
	check(proxy.SetOption(zmq4.OptionSubscribe, "user/"+user+"/"))
	fmt.Println("subscribed")
	for count > 0 {
		var body any // one map, or an array of them
		check(msgpack.Unmarshal(must(proxy.Recv()).Frames[1], &body))
		many, isArray := body.([]any)
		if !isArray {
			many = []any{body}
		}
		print(many)
		count -= len(many)
	}
}

func print(publications []any) {
	for _, each := range publications {
		publication := each.(fields)
		where, inChannel := publication["channel"]
		if !inChannel {
			where = "direct"
		}
		fmt.Println(where, publication["user"], publication["message"])
	}
}

func main() {
	command, user, channel, argument := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	check(broker.Dial(cmp.Or(os.Getenv("RECADO_BROKER"), "tcp://127.0.0.1:5555")))
	ask("login", fields{"user": user})
	ask("channel", fields{"user": user, "channel": channel})
	if command == "receive" {
		receive(user, channel, must(strconv.Atoi(argument)))
		return
	}
	fmt.Println("published", ask("publish", fields{"user": user, "channel": channel, "message": argument}).Data["operation"])
	ask("message", fields{"user": user, "to": os.Args[5], "message": argument})
	print(ask("history", fields{"channel": channel, "limit": 1000}).Data["messages"].([]any))
}
