"""A Perspective Broker server on Twisted: prints its port, lets farmer in, calls the mind before it answers."""

import sys

from twisted.cred import checkers, portal
from twisted.internet import defer, reactor
from twisted.spread import pb
from zope.interface import implementer


class Farmer(pb.Avatar):
    def perspective_echo(self, *args, **kwargs):
        return [list(args), kwargs]

    def perspective_fail(self, text):
        raise ValueError(text)

    @defer.inlineCallbacks
    def perspective_callBack(self, target, count):
        answers = []
        for i in range(count):
            answers.append((yield target.callRemote("square", i)))
        return answers

    def logout(self):
        pass


@implementer(portal.IRealm)
class Realm:
    @defer.inlineCallbacks
    def requestAvatar(self, name, mind, *interfaces):
        avatar = Farmer()
        avatar.greeting = yield mind.callRemote("print", message="attached")
        return pb.IPerspective, avatar, avatar.logout


checker = checkers.InMemoryUsernamePasswordDatabaseDontUse()
checker.addUser(b"farmer", b"throwaway-pw")
port = reactor.listenTCP(0, pb.PBServerFactory(portal.Portal(Realm(), [checker])), interface="127.0.0.1")
print(port.getHost().port, flush=True)
# Ends with the test that started it.
reactor.callInThread(lambda: (sys.stdin.read(), reactor.callFromThread(reactor.stop)))
reactor.run()
