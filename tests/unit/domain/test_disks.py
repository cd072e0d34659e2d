"""Which disk of a node counts, and by which watermarks."""

from __future__ import annotations

from typing import Any

from pipeline.domain.disks import Disk, disks_of

DEFAULT = {"low": 15, "high": 10, "flood_stage": 5}


def path(free: int, **watermarks: int) -> dict[str, int]:
    """A data path of 100 bytes."""
    return {"total_in_bytes": 100, "available_in_bytes": free} | watermarks


def stats(*nodes: tuple[str, dict[str, int]]) -> dict[str, Any]:
    """An answer about nodes of a data path each."""
    return {"nodes": {str(n): {"name": name, "fs": {"data": [one]}} for n, (name, one) in enumerate(nodes)}}


def test_the_fullest_path_counts() -> None:
    """Of a node with two data paths, and of two nodes of one name."""
    two = {"nodes": {"1": {"name": "a", "fs": {"data": [path(50), path(20)]}}}}
    assert disks_of(two) == disks_of(stats(("a", path(50)), ("a", path(20)))) == [Disk("a", 20, 100, DEFAULT)]


def test_the_path_nearest_to_its_flood_stage_counts() -> None:
    """Even if another one has less space."""
    (disk,) = disks_of(stats(("a", path(30)), ("a", path(50, flood_stage_free_space_in_bytes=49))))
    assert (disk.free, disk.watermarks["flood_stage"]) == (50, 49)


def test_a_node_names_its_own_watermarks() -> None:
    """Nodes are sorted by name."""
    own = path(
        90, low_watermark_free_space_in_bytes=3, high_watermark_free_space_in_bytes=2, flood_stage_free_space_in_bytes=1
    )
    assert disks_of(stats(("b", path(40)), ("a", own))) == [
        Disk("a", 90, 100, {"low": 3, "high": 2, "flood_stage": 1}),
        Disk("b", 40, 100, DEFAULT),
    ]


def test_a_node_without_data() -> None:
    """It has no disk that counts."""
    assert disks_of({"nodes": {"1": {"name": "master"}}}) == []
