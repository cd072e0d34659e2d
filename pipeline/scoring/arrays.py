"""Arrays out of bytes that somebody else may have written: looked at before any memory is taken for them.

numpy takes the size of an array from its header, and a compressed archive may hold a thousand times its own bytes.
"""

from __future__ import annotations

import math
import zipfile
from io import BytesIO
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

MAX_BYTES = 512 * 1024 * 1024
"""Of all arrays of a file together: a hundred times what models of this project have."""

FAULTS = (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError)
"""The exceptions that bytes without arrays raise."""

Array = NDArray[Any]


def archive_of(data: bytes, most: int = MAX_BYTES) -> dict[str, Array]:
    """The arrays of what `numpy.savez` wrote, by name.

    Raises:
        ValueError, KeyError, TypeError, OSError, EOFError, BadZipFile, NotImplementedError: it is something else, or
            larger than `most` bytes.
    """
    with zipfile.ZipFile(BytesIO(data)) as archive:
        members = archive.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("it is compressed")
        if sum(member.file_size for member in members) > most:
            raise ValueError("it is too large")
        return {member.filename.removesuffix(".npy"): array_of(archive.read(member), most) for member in members}


def array_of(data: bytes, most: int = MAX_BYTES) -> Array:
    """The array of what `numpy.save` wrote.

    Raises:
        ValueError, TypeError, EOFError: it is something else, or larger than `most` bytes.
    """
    file = BytesIO(data)
    if npy.read_magic(file) != (1, 0):
        raise ValueError("it is of another version")
    shape, _, dtype = npy.read_array_header_1_0(file)
    size = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or size > most or size != len(data) - file.tell():
        raise ValueError("its header does not say what it holds")
    found: Array = np.load(BytesIO(data), allow_pickle=False)
    return found
