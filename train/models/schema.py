"""The classes that read a .tflite file, loaded from TensorFlow without importing all of it: that
takes seconds, and most commands need nothing else."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any


@cache
def tflite_schema() -> Any:
    """The classes that TensorFlow generated from its schema."""
    package = importlib.util.find_spec("tensorflow")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")
    path = Path(package.submodule_search_locations[0]) / "lite/python/schema_py_generated.py"
    found = importlib.util.spec_from_file_location("_tflite_schema", path)
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    sys.modules["_tflite_schema"] = module
    found.loader.exec_module(module)
    return module
