"""A Perspective Broker client on Twisted. Arguments: port, password, seed, dialect. Prints what it saw, one fact a line."""

import random
import sys

from twisted.cred import credentials
from twisted.cred.error import UnauthorizedLogin
from twisted.internet import defer, reactor
from twisted.spread import pb

import terms

port, password, seed, dialect = int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3]), sys.argv[4].encode()
pb.Broker.knownDialects = [dialect]


def say(*words):
    print(*words, flush=True)


class Mind(pb.Referenceable):
    def remote_print(self, message):
        say("print", message)

    def remote_add(self, left, right=0):
        return left + right

    def remote_fail(self):
        raise ValueError("caf\u00e9")


@defer.inlineCallbacks
def run():
    factory = pb.PBClientFactory()
    reactor.connectTCP("127.0.0.1", port, factory)
    login = factory.login(credentials.UsernamePassword(b"farmer", password), Mind())
    # check() looks the class up among the failure's parents, as real programs do.
    login.addErrback(lambda failure: say("refused by parent" if failure.check(UnauthorizedLogin) else "refused %r" % failure))
    avatar = yield login
    if avatar is None:
        factory.disconnect()
        return
    say("in")
    source = random.Random(seed)
    right = 0
    for _ in range(200):
        value = terms.term(source)
        echoed = yield avatar.callRemote("echo", value, key=value)
        if echoed == [value, value] or repr(echoed) == repr([value, value]):
            right += 1
        else:
            say("wrong", repr(value), repr(echoed))
    say("echoed", right)
    numbers = yield defer.gatherResults([avatar.callRemote("echo", i) for i in range(500)])
    say("pipelined", numbers == [[i] for i in range(500)])
    try:
        yield avatar.callRemote("nonsense")
    except Exception as error:
        say("error", error.remoteType.decode() if isinstance(error.remoteType, bytes) else error.remoteType, error)
    try:
        loop = []
        loop.append(loop)
        yield avatar.callRemote("echo", loop)
    except Exception as error:
        say("loop", error.remoteType.decode() if isinstance(error.remoteType, bytes) else error.remoteType)
    thing = yield avatar.callRemote("make")
    say("made", (yield thing.callRemote("echo", "hello")))
    del thing
    yield avatar.callRemote("echo")
    say("sum", (yield avatar.callRemote("askMind")))
    big = b"x" * (640 * 1024)
    say("big", (yield avatar.callRemote("echo", big)) == [big])
    say("live", (yield avatar.callRemote("live")))


def done(result):
    if result is not None:
        say("failed", result.getTraceback())
    reactor.stop()


run().addBoth(done)
reactor.run()
