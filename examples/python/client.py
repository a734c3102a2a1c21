"""A recado client in Python, with pyzmq and msgpack.

python client.py receive bob news 4           prints the next four of the channel and of bob's direct messages
python client.py send alice news hello bob    publishes on the channel, messages bob, prints the channel's history
"""
import os, sys, time, uuid
import msgpack, zmq

context, clock = zmq.Context.instance(), 0
broker = context.socket(zmq.REQ)
broker.setsockopt(zmq.RCVTIMEO, 30_000)
broker.setsockopt(zmq.LINGER, 0)
broker.connect(os.environ.get("RECADO_BROKER", "tcp://127.0.0.1:5555"))


def ask(service, **data):
    """Sends a request; what can be retried is retried with the same id, so that it counts once."""
    global clock
    request = {"service": service, "id": str(uuid.uuid4()), "data": data}
    while True:
        clock += 1
        broker.send(msgpack.packb({**request, "clock": clock, "timestamp": int(time.time() * 1000)}))
        reply = msgpack.unpackb(broker.recv())
        clock = max(clock, reply["clock"]) + 1
        if reply["data"]["status"] == "ok":
            return reply["data"]
        if not reply["data"]["retryable"]:
            sys.exit(f"{reply['data']['code']}: {reply['data']['message']}")
        time.sleep(0.2)


def receive(user, channel, count):
    proxy = context.socket(zmq.SUB)
    proxy.setsockopt(zmq.LINGER, 0)
    proxy.connect(os.environ.get("RECADO_PROXY", "tcp://127.0.0.1:5558"))
    proxy.subscribe(f"channel/{channel}/")
    proxy.subscribe(f"user/{user}/")
    print("subscribed", flush=True)
    while count > 0:
        _topic, body = proxy.recv_multipart()
        publications = msgpack.unpackb(body)  # one map, or an array of them
        for each in publications if isinstance(publications, list) else [publications]:
            print(each.get("channel", "direct"), each["user"], each["message"], flush=True)
            count -= 1


command, user, channel, argument = sys.argv[1:5]
ask("login", user=user)
ask("channel", user=user, channel=channel)
if command == "receive":
    receive(user, channel, int(argument))
else:
    print("published", ask("publish", user=user, channel=channel, message=argument)["operation"])
    ask("message", user=user, to=sys.argv[5], message=argument)
    for each in ask("history", channel=channel, limit=1000)["messages"]:
        print(each["channel"], each["user"], each["message"])
