"""Runs one check against a worker that runs already: check.py MODULE CHECK, with BROKER, RESULT,
NODE, INTEROP (our program) and FOLDER in the environment.

A check is a function that takes a Stage and fails by an assertion.
"""

import importlib
import sys

from stage import Stage

module, check = sys.argv[1:]
with Stage() as stage:
    getattr(importlib.import_module(module), check)(stage)
