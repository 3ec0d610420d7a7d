#!/usr/bin/env python3
"""What Twisted's own banana and jelly need for the terms of bench/Quern.Benchmarks/PerspectiveTerm.cs, in the same columns.

    python3 bench/perspective.py [ROUNDS]
"""

import statistics
import sys
import time

from twisted.internet.protocol import Factory
from twisted.internet.testing import StringTransport
from twisted.spread import banana, jelly, pb

ENVIRONMENT = {"VARIABLE_%d" % i: "value of %d" % i for i in range(40)}
TEXT = (("x" * 79 + "\n") * 820)[:65536]
TERMS = [
    # name, how many in a round, method, positional arguments
    ("small update", 4000, b"update", ([[{"stdout": "out-line\n"}, 0]],)),
    ("update of 64 KiB text", 1000, b"update", ([[{"stdout": TEXT}, 0]],)),
    ("file block of 256 KiB", 400, b"write", (bytes(262144),)),
    ("command with environment", 400, b"startCommand", (None, "17", "shell", {
        "command": ["sh", "-c", "make -j4 all"], "workdir": "build", "timeout": 1200, "logEnviron": True, "env": ENVIRONMENT})),
]


class Ours(pb.Referenceable):
    pass


def broker(is_client):
    """A connected broker that speaks dialect pb, and what it writes to."""
    made = pb.Broker(is_client)
    made.factory = Factory()
    transport = StringTransport()
    made.makeConnection(transport)
    made.currentDialect = b"pb"
    transport.clear()
    return made, transport


def encode(made, method, arguments):
    """As callRemote does it, without the table of answers."""
    made.sendCall(b"message", 4, 3, method, 1, made.serialize(arguments), made.serialize({}))


def measure(count, work):
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        work()
    return count / (time.perf_counter() - wall), count / (time.process_time() - cpu)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for name, count, method, arguments in TERMS:
        if arguments[0] is None:
            arguments = (Ours(),) + arguments[1:]
        sender, wire = broker(True)
        encode(sender, method, arguments)
        message = wire.value()

        receiver, _ = broker(False)
        got = []
        # What a message leads to is not measured: decoding ends where the arguments are values.
        receiver.proto_message = lambda number, target, called, wanted, args, kwargs: got.append(
            (receiver.unserialize(args), receiver.unserialize(kwargs)))

        def decode():
            receiver.dataReceived(message)
            if not got.pop():
                raise ValueError("not decoded")

        def send():
            wire.clear()
            encode(sender, method, arguments)

        for what, work in (("decode", decode), ("encode", send)):
            measure(max(1, count // 10), work)
            readings = [measure(count, work) for _ in range(rounds)]
            rates = sorted(r[0] for r in readings)
            cpu = statistics.median(r[1] for r in readings)
            print(f"{'twisted: ' + what + ' ' + name:<44} {statistics.median(rates):12,.0f} {rates[0]:12,.0f} {rates[-1]:12,.0f} "
                  f"{cpu:12,.0f} {'':>9}  messages", flush=True)


if __name__ == "__main__":
    main()
