"""The secret key of the date shift: a file outside git, readable by its owner alone, known by its fingerprint.

Whoever has the key and a subject identifier can undo the shift; so the key is never printed, recorded, or given to DVC.
"""

import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from helpers import paths
from helpers.errors import ConfigError
from helpers.params import Params

#: Names the key's file, for a key that lies on an encrypted volume or comes from a secret store.
VARIABLE = "KYPHO_DATE_KEY_FILE"
_KEY = re.compile(r"[0-9a-f]{64}")
_PURPOSE = b"KYPHO-01 date shift: fingerprint"


def key_file() -> Path:
    """Where the key lies: the file that the environment names, else `.secrets/date-shift.key`."""
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser().absolute() if given else paths.date_key()


def fingerprint(key: bytes) -> str:
    """Sixteen hexadecimal digits by which a key is known again; they tell nothing about the key or the offsets."""
    return hmac.new(key, _PURPOSE, hashlib.sha256).hexdigest()[:16]


def make_key() -> str:
    """Write a new key of 256 random bits, mode 0600, and give its fingerprint for `privacy.date_key`.

    Raises
    ------
    ConfigError
        If there is a key already (dates shifted with it could never be shifted alike again), or if the place is inside
        the repository and git would not ignore it.
    """
    path = key_file()
    if path.resolve().is_relative_to(paths.root()) and path.parent != paths.date_key().parent:
        raise ConfigError(
            f"{VARIABLE} names {paths.relative(path)}, which git could pick up. "
            f"Name a file outside the repository, or unset {VARIABLE} to use {paths.relative(paths.date_key())}."
        )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = secrets.token_bytes(32)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError(
            f"{paths.relative(path)} is there already and is not overwritten: every shifted date depends on it. "
            "To use another key, put this one away first."
        ) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
    return fingerprint(key)


def load_key(params: Params) -> bytes:
    """The key that `privacy.date_key` names by its fingerprint.

    Raises
    ------
    ConfigError
        If it is absent, open to others, not a key, or not the one named.
    """
    path, expected = key_file(), params.privacy.date_key
    shown = paths.relative(path)
    if not expected:
        raise ConfigError(
            "params.yaml, privacy.date_key is empty, but privacy.shift_dates is true. "
            "Run `kypho date-key` and put the fingerprint that it prints there."
        )
    if not path.is_file():
        raise ConfigError(
            f"{shown} is missing, and privacy.shift_dates is true. Get the key with fingerprint {expected} from "
            f"whoever keeps it, or name its file in {VARIABLE}. A new key (`kypho date-key`) gives other dates."
        )
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigError(f"{shown} can be read by others. Close it: chmod 600 {shown}")
    text = path.read_bytes()[:200].decode("latin-1").strip()
    if not _KEY.fullmatch(text):
        raise ConfigError(f"{shown} is not a key: 64 hexadecimal digits are expected. Make one with `kypho date-key`.")
    key = bytes.fromhex(text)
    if not hmac.compare_digest(fingerprint(key), expected):
        raise ConfigError(
            f"{shown} has the fingerprint {fingerprint(key)}, params.yaml, privacy.date_key says {expected}. "
            "Use the key that belongs to these data, or change privacy.date_key to shift all dates anew."
        )
    return key
