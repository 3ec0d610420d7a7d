"""A calculator on Twisted Perspective Broker. Prints its port and serves until its standard input ends."""

import sys

from twisted.cred import checkers, portal
from twisted.internet import defer, reactor
from twisted.spread import pb
from zope.interface import implementer


class Calculator(pb.Avatar):
    def perspective_add(self, a, b):
        return a + b

    def perspective_divide(self, a, by):
        return a // by

    @defer.inlineCallbacks
    def perspective_countdown(self, counter, start):
        for number in range(start, 0, -1):
            yield counter.callRemote("tick", number)
        return "lift-off"

    def logout(self):
        pass


@implementer(portal.IRealm)
class Realm:
    @defer.inlineCallbacks
    def requestAvatar(self, name, mind, *interfaces):
        yield mind.callRemote("print", message="welcome, " + name.decode())
        avatar = Calculator()
        return pb.IPerspective, avatar, avatar.logout


checker = checkers.InMemoryUsernamePasswordDatabaseDontUse(ada=b"lovelace")
port = reactor.listenTCP(0, pb.PBServerFactory(portal.Portal(Realm(), [checker])), interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.callInThread(lambda: (sys.stdin.read(), reactor.callFromThread(reactor.stop)))
reactor.run()
