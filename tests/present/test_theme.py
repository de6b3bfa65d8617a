import pytest

from helpers.present import theme


def test_a_settled_layout_keeps_nothing_of_the_solvers_last_bits():
    with theme.style():
        fig = theme.canvas(3.0)
        for number, ax in enumerate(fig.subplots(3, sharex=True)):
            ax.plot([0, 1], [number / 3, 7 / 3])
            ax.set_ylabel("a label")
        theme.stamp(fig, "a banner")
        theme.settle(fig)
        settled = [ax.get_position().bounds for ax in fig.axes]
        fig.draw_without_rendering()
    assert [ax.get_position().bounds for ax in fig.axes] == settled
    assert all(edge == pytest.approx(round(edge, 6), abs=1e-15) for bounds in settled for edge in bounds)
    assert len({round(bounds[1], 3) for bounds in settled}) == 3, "the panels are laid out, one above the other"


def test_the_same_drawing_settles_to_the_same_bytes_however_often():
    def draw() -> str:
        with theme.style():
            fig = theme.canvas(4.0)
            for number, ax in enumerate(fig.subplots(6, gridspec_kw={"height_ratios": [1, 3, 1, 1, 3, 8]})):
                ax.plot([0, 1], [number, 1], label="a line")
                ax.set_title(f"panel {number}")
            theme.stamp(fig, "a banner")
            theme.settle(fig)
            return theme.to_svg(fig)

    assert len({draw() for _ in range(12)}) == 1
