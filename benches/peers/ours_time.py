"""Times the whole process that writes a record, its start and everything it loads included, and beside it what the
program says of itself (--times): the text and its attribution, without start and loading.

usage: ours_time.py RECORD PROGRAM [ARGUMENT…]
"""

import json
import resource
import subprocess
import sys
import time

from report import report

record, *command = sys.argv[1:]
begun = time.perf_counter()
process = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=subprocess.PIPE, text=True)
seconds = time.perf_counter() - begun
status = process.returncode
print(process.stderr, end="", file=sys.stderr)
if status != 0:
    # The program itself has said why, unless it was killed.
    sys.exit(status if status > 0 else f"killed by signal {-status}")

with open(record, encoding="utf-8") as file:
    content = json.load(file)
n_output = len(content["attributions"])
(times,) = [json.loads(line) for line in process.stderr.splitlines() if line.startswith('{"loading"')]
report(
    seconds,
    resource.RUSAGE_CHILDREN,
    loaded=times["text"] + times["attribution"],
    n_input=len(content["tokens"]) - n_output,
    n_output=n_output,
)
