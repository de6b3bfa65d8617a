"""The card beside a link: its size, its banner, its bytes."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from helpers.present.card import BANNER_GROUND, HEIGHT, WIDTH, preview

BANNER = "SYNTHETIC DATA, NOT TRIAL RESULTS"


def pixels(card: bytes) -> np.ndarray:
    return (imread(io.BytesIO(card), format="png")[:, :, :3] * 255).round().astype(int)


def shows_band(card: bytes) -> bool:
    ground = [int(BANNER_GROUND[start : start + 2], 16) for start in (1, 3, 5)]
    return (pixels(card)[-20, 10] == ground).all()


def test_the_card_has_the_size_that_link_previews_ask_for():
    assert pixels(preview(BANNER)).shape == (HEIGHT, WIDTH, 3) == (630, 1200, 3)


@pytest.mark.parametrize("banner", [BANNER, "BLINDED, TREATMENT ARMS PERMUTED"])
def test_the_status_of_the_data_stands_on_a_band_of_its_own(banner):
    card = preview(banner)
    assert shows_band(card)
    assert (pixels(card) != pixels(preview(banner[::-1]))).any(), "the words are drawn, not the band alone"


def test_real_data_that_are_not_blinded_have_no_band():
    assert not shows_band(preview(""))


def test_two_cards_have_the_same_bytes():
    assert preview(BANNER) == preview(BANNER)
