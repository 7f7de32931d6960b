"""The peers' side of bench/peer.mjs: a line that says what runs, then one answer per request."""
import json
import os
import sys


def serve(about, act):
    """`act(request)` gives the answer, a dict. Standard output is kept for answers: what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    answers.write(json.dumps({"about": about}) + "\n")
    for line in sys.stdin:
        answers.write(json.dumps(act(json.loads(line))) + "\n")
