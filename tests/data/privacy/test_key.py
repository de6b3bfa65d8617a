"""The key of the date shift: made once, closed to others, known by its fingerprint, never shown."""

import re
import stat

import pytest

from helpers.data.privacy.key import fingerprint, key_file, load_key, make_key
from helpers.errors import ConfigError
from tests.baking import ROOT, run
from tests.data.conftest import lay_out


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A project without data and without a key."""
    folder = lay_out(tmp_path / "project")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("KYPHO_DATE_KEY_FILE", raising=False)
    return folder


def with_key(params, said):
    return params.model_copy(
        update={"privacy": params.privacy.model_copy(update={"shift_dates": True, "date_key": said})}
    )


def test_a_key_is_256_random_bits_that_only_its_owner_reads(place, params):
    said = make_key()
    path = place / ".secrets" / "date-shift.key"
    assert re.fullmatch("[0-9a-f]{64}\n", path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    key = load_key(with_key(params, said))
    assert len(key) == 32
    assert fingerprint(key) == said
    assert re.fullmatch("[0-9a-f]{16}", said)


def test_the_fingerprint_is_no_part_of_the_key(place):
    said = make_key()
    assert said not in key_file().read_text()


def test_two_keys_differ(place):
    first = make_key()
    key_file().unlink()
    assert make_key() != first


def test_a_key_is_never_overwritten(place):
    make_key()
    before = key_file().read_bytes()
    with pytest.raises(ConfigError, match=r"\.secrets/date-shift\.key is there already and is not overwritten"):
        make_key()
    assert key_file().read_bytes() == before


def test_the_environment_names_another_file(place, tmp_path, monkeypatch, params):
    elsewhere = tmp_path / "vault" / "key"
    monkeypatch.setenv("KYPHO_DATE_KEY_FILE", str(elsewhere))
    said = make_key()
    assert elsewhere.is_file()
    assert not (place / ".secrets").exists()
    assert fingerprint(load_key(with_key(params, said))) == said


def test_a_key_is_not_made_where_git_could_pick_it_up(place, monkeypatch):
    monkeypatch.setenv("KYPHO_DATE_KEY_FILE", str(place / "data" / "my.key"))
    with pytest.raises(ConfigError, match=r"names data/my\.key, which git could pick up"):
        make_key()
    assert not (place / "data" / "my.key").exists()


def test_git_ignores_the_key():
    done = run(["git", "check-ignore", ".secrets/date-shift.key"], ROOT)
    assert done.stdout.strip() == ".secrets/date-shift.key"


def test_shifting_without_naming_a_key_is_an_error(place, params):
    with pytest.raises(ConfigError, match=r"privacy\.date_key is empty.*kypho date-key"):
        load_key(with_key(params, ""))


def test_an_absent_key_is_an_error_that_names_its_fingerprint(place, params):
    with pytest.raises(ConfigError, match=r"date-shift\.key is missing.*fingerprint 0123456789abcdef"):
        load_key(with_key(params, "0123456789abcdef"))


def test_another_key_is_an_error_that_does_not_show_it(place, params):
    make_key()
    with pytest.raises(ConfigError, match="says 0123456789abcdef") as error:
        load_key(with_key(params, "0123456789abcdef"))
    assert key_file().read_text().strip() not in str(error.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_an_error(place, params, mode):
    said = make_key()
    key_file().chmod(mode)
    with pytest.raises(ConfigError, match=r"can be read by others.*chmod 600"):
        load_key(with_key(params, said))


@pytest.mark.parametrize("content", [b"", b"secret", b"0" * 63, b"0" * 65, b"\xff" * 64, b"g" * 64, b"0" * 10_000_000])
def test_a_file_that_is_no_key_is_an_error_that_does_not_show_it(place, params, content):
    make_key()
    key_file().write_bytes(content)
    with pytest.raises(ConfigError, match="is not a key: 64 hexadecimal digits are expected") as error:
        load_key(with_key(params, "0123456789abcdef"))
    assert "000000" not in str(error.value)


def test_a_folder_in_the_place_of_the_key_is_an_error(place, params):
    key_file().mkdir(parents=True)
    with pytest.raises(ConfigError, match="is missing"):
        load_key(with_key(params, "0123456789abcdef"))
    with pytest.raises(ConfigError, match="is there already"):
        make_key()
