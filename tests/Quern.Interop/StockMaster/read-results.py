"""Prints the results of a builder's builds, oldest first. Arguments: the folder that holds the master, the builder's name."""
import sqlite3
import sys

db = sqlite3.connect(f'{sys.argv[1]}/master/state.sqlite')
print(*(result for (result,) in db.execute(
    'select b.results from builds b join builders r on b.builderid=r.id where r.name=? order by b.number', (sys.argv[2],))), end='')
