"""Frames put aside: in memory while they are small, else in a file without a name, which ends with the process."""

import os
import pickle
import tempfile
from collections.abc import Hashable, Iterator, Mapping

import pandas as pd

#: Bytes that are held in memory; an export of a few thousand patients never reaches the disk.
MEMORY = 64 * 2**20


class Spool(Mapping[Hashable, Iterator[pd.DataFrame]]):
    """Frames by key, as often as asked for, in the order in which they were added, their index and types as they were.

    Raises
    ------
    OSError
        If the folder for temporary files (`TMPDIR`) is full; the error names it.
    """

    def __init__(self):
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115, closed with the spool
        self._places: dict[Hashable, list[int]] = {}

    def __del__(self):
        self._file.close()

    def __getitem__(self, key: Hashable) -> Iterator[pd.DataFrame]:
        return map(self._load, self._places[key])

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def add(self, key: Hashable, frame: pd.DataFrame) -> None:
        """Put a frame aside behind the others of its key."""
        try:
            place = self._file.seek(0, os.SEEK_END)
            pickle.dump(frame, self._file, protocol=pickle.HIGHEST_PROTOCOL)
            self._file.flush()
        except OSError as error:  # the file has no name, and a full disk names nothing
            error.filename = tempfile.gettempdir()
            raise
        self._places.setdefault(key, []).append(place)

    def discard(self, key: Hashable) -> None:
        """Forget the frames of a key."""
        self._places.pop(key, None)

    def _load(self, place: int) -> pd.DataFrame:
        self._file.seek(place)
        return pickle.load(self._file)
