"""Reads files of golden vectors with msgpack and prints what each means, one JSON value a line."""
import json, sys
import msgpack


def shown(value):
    return {"bytes": value.hex()}


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        for vector in json.load(file):
            print(json.dumps(msgpack.unpackb(bytes.fromhex(vector["hex"])), default=shown))
