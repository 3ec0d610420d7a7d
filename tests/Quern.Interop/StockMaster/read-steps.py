"""Prints the steps of a Buildbot master's only build: name, result, log lines. Times are replaced."""
import re
import sqlite3
import sys
import zlib

db = sqlite3.connect(sys.argv[1])
for step, name, result in db.execute('select id, name, results from steps order by number'):
    if name == 'worker_preparation':
        continue
    print(f'== {name} {result}')
    for (log,) in db.execute('select id from logs where stepid=? order by id', (step,)).fetchall():
        lines = []
        for content, compressed in db.execute(
                'select content, compressed from logchunks where logid=? order by first_line', (log,)):
            if compressed == 1:
                content = zlib.decompress(content)
            lines += (content.decode() if isinstance(content, bytes) else content).split('\n')
        # Streams may interleave otherwise from run to run; within a stream the order is fixed.
        for line in sorted(lines, key=lambda line: line[:1]):
            print(re.sub(r'elapsedTime=[0-9.]+', 'elapsedTime=N', line))
