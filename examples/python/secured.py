"""A recado client for secured mode: python secured.py KEYS USER SECRET CHANNEL MESSAGE [TO]

KEYS is the folder of a client's keys, as `recado keys make NAME` makes it. Hears CHANNEL and the messages to USER, says
MESSAGE in CHANNEL and to TO (USER itself unless given), and ends when it has heard both, or nothing for 10 seconds.
"""
import os, sys, time, uuid
import msgpack, zmq, zmq.auth

keys, user, secret, channel, text = sys.argv[1:6]
public, private = zmq.auth.load_certificate(f"{keys}/own.key_secret")
front = open(f"{keys}/front.keys").read().split()[1].encode()


def connect(kind, address):
    socket = zmq.Context.instance().socket(kind)
    socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = public, private, front
    socket.rcvtimeo, socket.linger = 10_000, 0
    socket.connect(address)
    return socket


def ask(service, **data):
    request = {"service": service, "id": str(uuid.uuid4()), "clock": 1, "timestamp": int(time.time() * 1000), "data": data}
    broker.send(msgpack.packb(request))
    reply = msgpack.unpackb(broker.recv())["data"]
    return reply if reply["status"] == "ok" else sys.exit(f"{reply['code']}: {reply['message']}")


broker = connect(zmq.REQ, os.environ.get("RECADO_BROKER", "tcp://127.0.0.1:5555"))
me = {"user": user, "token": ask("login", user=user, secret=secret)["token"]}
ask("channel", channel=channel, **me)
proxy = connect(zmq.SUB, os.environ.get("RECADO_PROXY", "tcp://127.0.0.1:5558"))
for topic in (f"channel/{channel}/", f"user/{user}/", f"grant/{me['token']}/"):
    proxy.subscribe(topic)
time.sleep(0.5)
ask("publish", channel=channel, message=text, **me)
ask("message", to=(sys.argv[6:] or [user])[0], message=text, **me)
own = 0
while own < 2:
    topic, body = proxy.recv_multipart()
    publications = msgpack.unpackb(body)
    for each in publications if isinstance(publications, list) else [publications]:
        print(topic.decode(), each["message"], flush=True)
        own += each["user"] == user
