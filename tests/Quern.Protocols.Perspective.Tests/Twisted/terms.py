"""Random values that jelly can carry, and their bytes in dialect pb."""

import datetime
import decimal
import io

from twisted.spread import banana, jelly

WORDS = ["", "a", "list", "None", "message", "unicode", "caf\u00e9 \u20ac \U0001f600", "x" * 300]
NUMBERS = [0, 1, 127, 128, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 2**447, -1, -128, -(2**31), -(2**31) - 1, -(2**63), -(2**100)]


def leaf(random):
    return random.choice([
        lambda: None,
        lambda: random.random() < 0.5,
        lambda: random.choice(NUMBERS),
        lambda: random.randrange(-(10**6), 10**6),
        lambda: random.choice([0.0, -0.0, 1.5, 1e300, -1e-300, float("inf"), random.random()]),
        lambda: random.choice(WORDS),
        lambda: random.choice(WORDS).encode("utf-8"),
        lambda: bytes(random.randrange(256) for _ in range(random.randrange(40))),
        lambda: datetime.datetime(random.randrange(1, 9999), random.randrange(1, 13), 28, 3, 14, 15, random.randrange(10**6)),
        lambda: datetime.date(2061, 7, random.randrange(1, 29)),
        lambda: datetime.time(23, random.randrange(60), 59, 999999),
        lambda: datetime.timedelta(random.randrange(-9999, 9999), random.randrange(86400), 7),
        lambda: decimal.Decimal("%d.%03d" % (random.randrange(-999, 999), random.randrange(1000))),
    ])()


def hashable(random):
    return random.choice([random.randrange(10**9), random.choice(WORDS), random.choice(WORDS).encode("utf-8")])


def term(random, depth=4, shared=None):
    """A value; containers made before may come again, which jelly sends as a reference."""
    shared = [] if shared is None else shared
    if depth == 0 or random.random() < 0.3:
        return leaf(random)
    if shared and random.random() < 0.15:
        return random.choice(shared)
    count = random.randrange(5)
    kind = random.randrange(5)
    if kind == 0:
        made = [term(random, depth - 1, shared) for _ in range(count)]
    elif kind == 1:
        made = tuple(term(random, depth - 1, shared) for _ in range(count))
    elif kind == 2:
        made = {hashable(random): term(random, depth - 1, shared) for _ in range(count)}
    elif kind == 3:
        made = {hashable(random) for _ in range(count)}
    else:
        made = frozenset(hashable(random) for _ in range(count))
    shared.append(made)
    return made


def encode(value):
    banana_ = banana.Banana()
    banana_.transport = io.BytesIO()
    banana_.setPrefixLimit(64)
    banana_.currentDialect = b"pb"
    banana_.sendEncoded(jelly.jelly(value))
    return banana_.transport.getvalue()


def decode(data):
    received = []
    banana_ = banana.Banana()
    banana_.setPrefixLimit(64)
    banana_.currentDialect = b"pb"
    banana_.expressionReceived = received.append
    banana_.dataReceived(data)
    (expression,) = received
    return jelly.unjelly(expression)
