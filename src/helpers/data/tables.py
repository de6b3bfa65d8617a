"""Writing typed tables: Parquet whose bytes depend on the values, the declaration and the parts alone.

The declared types become Arrow types and a required column becomes a non-nullable one, so that a table reads back with
the types it was written with (`load.read_table`), without a word of pandas metadata. A part of the patients is a row
group in every table, by which they are read part by part (`load.read_parts`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.codebook import Column
from helpers.errors import ConfigError

_ARROW = {"integer": pa.int64(), "decimal": pa.float64(), "date": pa.timestamp("ms")}


def typed(values: pd.Series, column: Column) -> pd.Series:
    """`values` as the pandas type of a column: `str`, `int64` (`Int64` if it may be empty), `float64`, `datetime64`."""
    if column.type == "integer":
        return values.astype("int64" if column.required else "Int64")
    if column.type == "decimal":
        return values.astype("float64")
    if column.type == "date":
        return values.astype("datetime64[ms]")
    return values.astype("str")


def conform(frame: pd.DataFrame, columns: Mapping[str, Column], key: tuple[str, ...], *, name: str) -> pd.DataFrame:
    """`frame` with exactly the declared columns, in order, typed, sorted by its key.

    Raises
    ------
    ConfigError
        If code and codebook disagree: a declared column is missing, a required one has a gap, a key comes twice.
    """
    missing = [c for c in columns if c not in frame]
    if missing:
        raise ConfigError(f"{name}: the codebook declares {', '.join(missing)}, which was not derived.")
    empty = [c for c, declared in columns.items() if declared.required and frame[c].isna().any()]
    if empty:
        raise ConfigError(f"{name}: {', '.join(empty)} must not be empty (codebook: required), but is in some row.")
    if frame.duplicated(list(key)).any():
        raise ConfigError(f"{name}: the key {', '.join(key)} is not unique.")
    result = pd.DataFrame({c: typed(frame[c], declared) for c, declared in columns.items()})
    return result.sort_values(list(key), kind="stable", ignore_index=True)


@contextmanager
def writing(folder: Path, tables: Mapping[str, Mapping[str, Column]]) -> Iterator[Callable[[str, pd.DataFrame], None]]:
    """Parquet files of these tables and their columns in `folder`; call what it gives with a table's name and a part.

    Every part of a table becomes a row group, one without rows too.
    """
    with ExitStack() as stack:
        writers = {}
        for name, columns in tables.items():
            path, schema = folder / f"{name}.parquet", _schema(columns)
            writers[name] = stack.enter_context(pq.ParquetWriter(path, schema, compression="zstd", store_schema=False))

        def write(name: str, part: pd.DataFrame) -> None:
            schema = writers[name].schema
            arrays = [pa.array(part[field.name], type=field.type, from_pandas=True) for field in schema]
            writers[name].write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=max(len(part), 1))

        yield write


def _schema(columns: Mapping[str, Column]) -> pa.Schema:
    return pa.schema(
        [
            pa.field(c, _ARROW.get(declared.type, pa.string()), nullable=not declared.required)
            for c, declared in columns.items()
        ]
    )
