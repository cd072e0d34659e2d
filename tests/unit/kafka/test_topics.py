"""Messages about topics that are not configured as ours are."""

from __future__ import annotations

import pytest

from pipeline.kafka.topics import differing, topic_configs
from pipeline.settings import KafkaSettings

KAFKA = KafkaSettings(retention_hours=168)
OURS = topic_configs(KAFKA)


@pytest.mark.parametrize(
    ("configs", "said"),
    [
        (OURS, []),
        ({}, []),
        (OURS | {"segment.ms": "1"}, []),
        (
            OURS | {"retention.ms": "5400000"},
            ["the topic tweets keeps records for 1.5 h, and kafka.retention_hours is 168"],
        ),
        (
            OURS | {"retention.ms": "-1"},
            ["the topic tweets keeps records without end, and kafka.retention_hours is 168"],
        ),
        (
            OURS | {"message.timestamp.type": "CreateTime"},
            ["the topic tweets keeps the producer's time, so lag and retention go by its clock"],
        ),
    ],
)
def test_what_differs(configs: dict[str, str], said: list[str]) -> None:
    """Longer and shorter alike; what others set, and what this user may not see, is nothing to speak of."""
    assert list(differing("tweets", configs, KAFKA).values()) == said
