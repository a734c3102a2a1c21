"""A server of the teaching system: one reply a request, lines of JSON without a flush, replicas by the proxy."""

import json
import sys
import time

import msgpack
import zmq

name, requests_port, publishers_port, subscribers_port, path = sys.argv[1:]
REPLICA = b"replica"
context = zmq.Context()
requests = context.socket(zmq.REP)
requests.connect(f"tcp://127.0.0.1:{requests_port}")
publications = context.socket(zmq.PUB)
publications.connect(f"tcp://127.0.0.1:{publishers_port}")
replicas = context.socket(zmq.SUB)
replicas.connect(f"tcp://127.0.0.1:{subscribers_port}")
replicas.subscribe(REPLICA)
clock = 0


def store(file, entry):
    file.write(json.dumps(entry) + "\n")


def answer(file):
    """Stores a publication, tells subscribers and the other servers of it, and replies."""
    global clock
    request = msgpack.unpackb(requests.recv())
    data = request["data"]
    clock = max(clock, data["clock"]) + 1
    entry = {
        "user": data["user"],
        "channel": data["channel"],
        "message": data["message"],
        "timestamp": time.time(),
        "clock": clock,
        "origin": name,
    }
    store(file, entry)
    packed = msgpack.packb(entry)
    publications.send_multipart([data["channel"].encode(), packed])
    publications.send_multipart([REPLICA, packed])
    reply = {"service": request["service"], "data": {"status": "OK", "timestamp": time.time(), "clock": clock}}
    requests.send(msgpack.packb(reply))


def replicate(file):
    """Stores what the other servers took."""
    global clock
    while True:
        try:
            _, packed = replicas.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return
        entry = msgpack.unpackb(packed)
        if entry["origin"] != name:
            clock = max(clock, entry["clock"]) + 1
            store(file, entry)


poller = zmq.Poller()
poller.register(requests, zmq.POLLIN)
poller.register(replicas, zmq.POLLIN)
# Each line reaches the page cache by itself; nothing waits for the disk.
with open(path, "a", buffering=1, encoding="utf-8") as lines:
    while True:
        ready = dict(poller.poll())
        if requests in ready:
            answer(lines)
        if replicas in ready:
            replicate(lines)
