"""The proxy of the teaching system: fans publications out to whoever subscribed to their topic."""

import sys

import zmq

publishers_port, subscribers_port = sys.argv[1:]
context = zmq.Context()
publishers = context.socket(zmq.XSUB)
publishers.bind(f"tcp://127.0.0.1:{publishers_port}")
subscribers = context.socket(zmq.XPUB)
subscribers.bind(f"tcp://127.0.0.1:{subscribers_port}")
zmq.proxy(publishers, subscribers)
