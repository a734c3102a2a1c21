"""Loads the teaching system from REQ clients, and says what it did as the generator of load for the other peers does."""

import argparse
import json
import time

import msgpack
import zmq

parser = argparse.ArgumentParser()
parser.add_argument("-port", type=int)
parser.add_argument("-clients", type=int)
parser.add_argument("-window", type=int, choices=[1])
parser.add_argument("-warm-up", type=str)
parser.add_argument("-duration", type=str)
given = parser.parse_args()

context = zmq.Context()
poller = zmq.Poller()
clients = [context.socket(zmq.REQ) for _ in range(given.clients)]
for client in clients:
    client.connect(f"tcp://127.0.0.1:{given.port}")
    poller.register(client, zmq.POLLIN)
clock = 0


def send(client, sent_at):
    global clock
    clock += 1
    data = {"user": "bench", "channel": "bench", "message": "x" * 128, "timestamp": time.time(), "clock": clock}
    sent_at[client] = time.perf_counter()
    client.send(msgpack.packb({"service": "publish", "data": data}))


def load(seconds):
    global clock
    took, sent_at = [], {}
    began = time.perf_counter()
    for client in clients:
        send(client, sent_at)
    while sent_at:
        for client, _ in poller.poll():
            reply = msgpack.unpackb(client.recv())
            clock = max(clock, reply["data"]["clock"])
            now = time.perf_counter()
            took.append(now - sent_at.pop(client))
            if now - began < seconds:
                send(client, sent_at)
    return took, time.perf_counter() - began


def seconds(duration):
    return float(duration.removesuffix("ms")) / 1000


load(seconds(given.warm_up))
print(json.dumps({"state": "measuring"}), flush=True)
took, elapsed = load(seconds(given.duration))
took.sort()


def at(part):
    return took[min(len(took) - 1, int(len(took) * part))] * 1000


latency = {"p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": at(1)}
print(json.dumps({"acknowledged": len(took), "failed": 0, "tookMs": elapsed * 1000, "latency": latency}), flush=True)
