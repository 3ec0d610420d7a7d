# Runs modules of Buildbot's own test suite and says of each case how it ended: CASE, a tab, the word, a tab, its name.
# Arguments: the folder of Buildbot's source that holds the package `buildbot`; the protocol for cases that would do with a worker inside
# the master (`null` leaves them so); then the modules.
import importlib.util
import sys
import types
import unittest
import unittest.mock
import warnings

sys.path.insert(0, sys.argv[1])

# The suite makes every warning an error, and the libraries of a distribution warn when they are imported.
warnings.simplefilter('ignore')
import buildbot.master  # noqa: E402,F401


def expand(cases):
    """The one thing that the suite needs of `parameterized`, where that is not installed."""
    def decorate(test):
        names = sys._getframe(1).f_locals
        for number, case in enumerate(cases):
            def one(self, case=case):
                return test(self, *case)
            one.__name__ = f'{test.__name__}_{number}_{case[0]}'
            names[one.__name__] = one
    return decorate


if importlib.util.find_spec('mock') is None:
    sys.modules['mock'] = unittest.mock
    unittest.mock.__version__ = '4.0'
if importlib.util.find_spec('parameterized') is None:
    sys.modules['parameterized'] = types.ModuleType('parameterized')
    sys.modules['parameterized'].parameterized = types.SimpleNamespace(expand=expand)

import buildbot.test  # noqa: E402,F401
warnings.simplefilter('ignore')

from twisted.trial import reporter, runner  # noqa: E402


class Lines(reporter.Reporter):
    def say(self, word, test):
        print(f'CASE\t{word}\t{test.id()}', flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say('ok', test)

    def addFailure(self, test, failure):
        super().addFailure(test, failure)
        self.say('failed', test)

    def addError(self, test, failure):
        super().addError(test, failure)
        self.say('failed', test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say('skipped', test)

    def addExpectedFailure(self, test, failure, todo=None):
        super().addExpectedFailure(test, failure, todo)
        self.say('ok', test)

    def addUnexpectedSuccess(self, test, todo=None):
        super().addUnexpectedSuccess(test, todo)
        self.say('failed', test)



def each(suite):
    for one in suite:
        if isinstance(one, unittest.TestCase):
            yield one
        else:
            yield from each(one)


cases = runner.TestLoader().loadByNames(sys.argv[3:], recurse=True)
for case in each(cases):
    if getattr(case, 'proto', '') == 'null':
        case.proto = sys.argv[2]
result = runner.TrialRunner(Lines, tracebackFormat='default', realTimeErrors=True, workingDirectory='cases').run(cases)
sys.exit(0 if result.wasSuccessful() else 1)
