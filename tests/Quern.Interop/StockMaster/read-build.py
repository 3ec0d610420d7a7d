"""Prints what a Buildbot master and one of its workers have after a build, as JSON: steps with logs and updates, and files.

Arguments: the folder that holds master and workers, the worker's name. Names, folders and times of one run are replaced, so that two
workers can be compared.
"""
import hashlib
import json
import os
import re
import sqlite3
import stat
import sys
import zlib

root, worker = sys.argv[1:]
builder = f'main-{worker}'


def plain(text):
    text = text.replace(f'{root}/{worker}', '/WORKER').replace(root, '/ROOT').replace(builder, 'BUILDER').replace(worker, 'WORKER')
    return re.sub(r'elapsedTime=[0-9.]+', 'elapsedTime=N', text)


def logs_of(db, step):
    """Per log and stream, the lines in order."""
    found = {}
    for log, name, kind in db.execute('select id, name, type from logs where stepid=? order by id', (step,)).fetchall():
        lines = []
        for content, compressed in db.execute('select content, compressed from logchunks where logid=? order by first_line', (log,)):
            if compressed == 1:
                content = zlib.decompress(content)
            lines += (content.decode() if isinstance(content, bytes) else content).split('\n')
        for line in lines:
            stream = {'o': 'stdout', 'e': 'stderr', 'h': 'header'}.get(line[:1], '?') if kind == 's' else 'text'
            field = stream if name == 'stdio' else f'{name} {stream}'
            found.setdefault(field, []).append(plain(line[1:] if kind == 's' else line))
        if name.startswith('err.'):   # the master's own traceback: which exception it was
            found[f'{name} text'] = [line for line in found.pop(f'{name} text') if line][-1:] if name == 'err.text' else []
    for lines in found.values():
        if any("' -> '" in line for line in lines):
            lines.sort()   # cp names what it copies in the order of the file system
        if any('<relative-url>' in line for line in lines):
            lines[:] = sorted(line.rstrip('>') for line in lines)   # svn writes attributes in the order of a hash table
    return {field: '\n'.join(lines) for field, lines in found.items()}


def updates_of(path):
    """Per step the keys in the order of their arrival; neighbours of one key are one. Standard output and error race: they are one too."""
    order, codes = {}, {}
    for line in open(path):
        name, step, command, key, value = json.loads(line)
        if name != worker:
            continue
        if key in ('stdout', 'stderr'):
            key = 'output'
        if key == 'complete' and value:
            key = 'complete with failure'
        if key == 'rc':
            codes.setdefault(step, []).append(str(value))
        keys = order.setdefault(step, [])
        if not keys or keys[-1] != key:
            keys.append(key)
    return {s: ' '.join(k) for s, k in order.items()}, {s: ' '.join(c) for s, c in codes.items()}


def files_of(folder):
    """Everything below a folder but what version control keeps for itself."""
    found = {}
    for path, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in ('.git', '.hg', '.svn', 'CVS', '.bzr', '_darcs')]
        for name in folders + names:
            whole = os.path.join(path, name)
            status = os.lstat(whole)
            entry = {'kind': stat.filemode(status.st_mode)[0], 'mode': oct(stat.S_IMODE(status.st_mode))}
            if stat.S_ISREG(status.st_mode):
                with open(whole, 'rb') as file:
                    text = file.read().replace(worker.encode(), b'WORKER')
                entry['sha256'] = hashlib.sha256(text).hexdigest()
                entry['bytes'] = str(len(text))
                # Uploaded with its time; over MessagePack the master fails at it.
                if whole.endswith(f'out/{worker}/small.txt') and worker.endswith('-pb'):
                    entry['mtime'] = str(int(status.st_mtime))
            if stat.S_ISLNK(status.st_mode):
                entry['target'] = os.readlink(whole)
            found[os.path.relpath(whole, folder)] = entry
    return found


db = sqlite3.connect(f'{root}/master/state.sqlite')
order, codes = updates_of(f'{root}/master/updates.jsonl')
cases = {}
for step, name, result in db.execute(
        'select s.id, s.name, s.results from steps s join builds b on s.buildid=b.id join builders r on b.builderid=r.id'
        ' where r.name=? order by s.number', (builder,)).fetchall():
    if name == 'worker_preparation':
        continue
    cases[f'step {name}'] = {
        'result': str(result), 'updates': order.get(name, ''), 'rc': codes.get(name, ''), **logs_of(db, step)}
for place, folder in (('worker', f'{root}/{worker}/{builder}'), ('master', f'{root}/master/out/{worker}')):
    for path, entry in files_of(folder).items():
        cases[f'{place} file {plain(path)}'] = entry
json.dump(cases, sys.stdout, indent=1)
