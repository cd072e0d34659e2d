"""The pictures that the pages show."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from dashboards.kibana.boards import BOARDS
from pipeline.errors import ConfigError
from tests import pages
from tests.boards import kibana_server
from tests.boards.pictures import FOLDER, small

LARGEST_BYTES = 400_000
PICTURES = sorted(path.name for path in FOLDER.glob("*.png"))


def test_every_picture_is_shown_by_a_page() -> None:
    """And no page shows one that is not there, which is a test of its own."""
    shown = {
        pages.place(page, link).name for page in pages.PAGES for link in pages.links(page) if link.endswith(".png")
    }
    assert shown == set(PICTURES)


def test_every_kibana_board_has_a_picture() -> None:
    assert {board.id.replace("tweetpulse", "kibana") + ".png" for board in BOARDS} <= set(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small(name: str) -> None:
    """Who clones the repository fetches each version of it."""
    assert (FOLDER / name).stat().st_size < LARGEST_BYTES


def test_colours_of_a_board_are_kept() -> None:
    """In 256 of them, which takes fewer bytes."""
    board = Image.linear_gradient("L").resize((300, 200)).convert("RGB")
    board.paste((242, 73, 92), (0, 0, 150, 200))
    png = BytesIO()
    board.save(png, "PNG")
    packed = Image.open(BytesIO(small(png.getvalue())))
    assert (packed.mode, packed.size, packed.convert("RGB").getpixel((10, 10))) == ("P", (300, 200), (242, 73, 92))


def test_a_folder_without_its_program_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not skipped: somebody has said that there is a Kibana. Without a folder there is none."""
    monkeypatch.setenv(kibana_server.NAMED, str(tmp_path))
    with pytest.raises(ConfigError, match="is no program: put one there that starts Kibana"):
        kibana_server.program()
    (tmp_path / "start").touch(0o755)
    assert kibana_server.program() == tmp_path / "start"
    monkeypatch.delenv(kibana_server.NAMED)
    assert kibana_server.program() is None
