"""Encodes and decodes with Twisted what a test asks for, one request a line."""

import random
import sys

import terms

for line in sys.stdin:
    verb, *words = line.split()
    if verb == "make":       # make SEED COUNT: random values, one a line
        source = random.Random(int(words[0]))
        for _ in range(int(words[1])):
            print(terms.encode(terms.term(source)).hex())
    elif verb == "again":    # again HEX: the value of these bytes, encoded by Twisted
        print(terms.encode(terms.decode(bytes.fromhex(words[0]))).hex())
    elif verb == "same":     # same HEX HEX: whether both are the same value
        left, right = (terms.decode(bytes.fromhex(word)) for word in words)
        print(repr(left) == repr(right) or left == right)
    sys.stdout.flush()
