"""The disks of Elasticsearch's nodes, and the watermarks at which a node does without a full one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WATERMARKS = {"low": 0.15, "high": 0.1, "flood_stage": 0.05}
"""Watermark → the free share of a disk that it stands for by default. Below the low one Elasticsearch allocates no new
shards to the node, below the high one it moves shards away, below the flood stage indices there become read-only."""


@dataclass(frozen=True, slots=True)
class Disk:
    """The data path of a node that is nearest to its flood stage; sizes in bytes.

    Attributes:
        node: its name.
        free: what the server may still use.
        total: the whole disk.
        watermarks: watermark → it is passed while less than this is free.
    """

    node: str
    free: int
    total: int
    watermarks: Mapping[str, int]


def disks_of(stats: Mapping[str, Any]) -> list[Disk]:
    """A disk for each name of a node, sorted by it, from the body of `_nodes/stats/fs`."""
    found: dict[str, Disk] = {}
    for node in stats["nodes"].values():
        for path in node.get("fs", {}).get("data", []):
            disk = _disk(node["name"], path)
            found[disk.node] = min(found.get(disk.node, disk), disk, key=_distance)
    return [disk for _, disk in sorted(found.items())]


def _disk(node: str, path: Mapping[str, int]) -> Disk:
    total = path["total_in_bytes"]
    # A path names its own watermarks, as somebody set them, unless the check of the disk is switched off.
    named = {name: path.get(_field(name), int(share * total)) for name, share in WATERMARKS.items()}
    return Disk(node, path["available_in_bytes"], total, named)


def _field(watermark: str) -> str:
    return (
        "flood_stage_free_space_in_bytes"
        if watermark == "flood_stage"
        else f"{watermark}_watermark_free_space_in_bytes"
    )


def _distance(disk: Disk) -> float:
    return (disk.free - disk.watermarks["flood_stage"]) / disk.total
