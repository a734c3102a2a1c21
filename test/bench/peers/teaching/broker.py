"""The broker of the teaching system: passes requests to servers in turn, and replies back."""

import sys

import zmq

clients_port, servers_port = sys.argv[1:]
context = zmq.Context()
clients = context.socket(zmq.ROUTER)
clients.bind(f"tcp://127.0.0.1:{clients_port}")
servers = context.socket(zmq.DEALER)
servers.bind(f"tcp://127.0.0.1:{servers_port}")
zmq.proxy(clients, servers)
