"""Times the whole process that writes a record, its start and everything it loads included.

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
status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode
seconds = time.perf_counter() - begun
if status != 0:
    # The program itself has said why, unless it was killed.
    sys.exit(status if status > 0 else f"killed by signal {-status}")

with open(record, encoding="utf-8") as file:
    content = json.load(file)
n_output = len(content["attributions"])
report(seconds, resource.RUSAGE_CHILDREN, n_input=len(content["tokens"]) - n_output, n_output=n_output)
