// A recado client for secured mode in Go, with pebbe/zmq4, which is libzmq by cgo, and vmihailenco/msgpack.
//
//	go run . KEYS USER SECRET CHANNEL MESSAGE [TO]
//
// KEYS is the folder of a client's keys, as `recado keys make NAME` makes it. Hears CHANNEL and the messages to USER, says
// MESSAGE in CHANNEL and to TO (USER itself unless given), and ends when it has heard both, or nothing for 10 seconds.
package main

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/pebbe/zmq4"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

type fields = map[string]any

// connect proves the client's pair, and speaks only to who has the secret key of front.
func connect(kind zmq4.Type, address, keys string) *zmq4.Socket {
	own := string(must(os.ReadFile(keys + "/own.key_secret")))
	front := strings.Fields(string(must(os.ReadFile(keys + "/front.keys"))))[1]
	socket := must(zmq4.NewSocket(kind))
	check(socket.ClientAuthCurve(front, field(own, "public-key"), field(own, "secret-key")))
	check(socket.SetRcvtimeo(10 * time.Second))
	check(socket.SetLinger(0))
	check(socket.Connect(address))
	return socket
}

// field reads one of a certificate.
func field(certificate, name string) string {
	return regexp.MustCompile(name + `\s*=\s*"(.{40})"`).FindStringSubmatch(certificate)[1]
}

func ask(broker *zmq4.Socket, service string, data fields) fields {
	request := fields{"service": service, "id": rand.Text(), "clock": 1, "timestamp": time.Now().UnixMilli(), "data": data}
	must(broker.SendBytes(must(msgpack.Marshal(request)), 0))
	var reply struct {
		Data fields `msgpack:"data"`
	}
	check(msgpack.Unmarshal(must(broker.RecvBytes(0)), &reply))
	if reply.Data["status"] != "ok" {
		log.Fatalf("%s: %s", reply.Data["code"], reply.Data["message"])
	}
	return reply.Data
}

func main() {
	keys, user, secret, channel, text, to := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[2]
	if len(os.Args) > 6 {
		to = os.Args[6]
	}
	broker := connect(zmq4.REQ, cmp.Or(os.Getenv("RECADO_BROKER"), "tcp://127.0.0.1:5555"), keys)
	token := ask(broker, "login", fields{"user": user, "secret": secret})["token"].(string)
	ask(broker, "channel", fields{"user": user, "token": token, "channel": channel})
	proxy := connect(zmq4.SUB, cmp.Or(os.Getenv("RECADO_PROXY"), "tcp://127.0.0.1:5558"), keys)
	for _, topic := range []string{"channel/" + channel + "/", "user/" + user + "/", "grant/" + token + "/"} {
		check(proxy.SetSubscribe(topic))
	}
	time.Sleep(500 * time.Millisecond)
	ask(broker, "publish", fields{"user": user, "token": token, "channel": channel, "message": text})
	ask(broker, "message", fields{"user": user, "token": token, "to": to, "message": text})
	for own := 0; own < 2; {
		frames := must(proxy.RecvMessageBytes(0))
		for _, publication := range publications(frames[1]) {
			fmt.Println(string(frames[0]), publication["message"])
			if publication["user"] == user {
				own++
			}
		}
	}
}

// publications reads a body: one of them, or an array.
func publications(body []byte) (all []fields) {
	if msgpcode.IsFixedArray(body[0]) || body[0] == msgpcode.Array16 || body[0] == msgpcode.Array32 {
		check(msgpack.Unmarshal(body, &all))
		return all
	}
	var one fields
	check(msgpack.Unmarshal(body, &one))
	return []fields{one}
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
