"""All checks of the settings at hand, and which of them need others."""

from __future__ import annotations

from functools import partial

from pipeline.doctor import configuration, machine, models, progress, shown, store, topics
from pipeline.doctor.examination import Check
from pipeline.settings import Settings

_PATIENT = 30.0
"""Seconds for what asks a server that answers many small questions."""


def checks(settings: Settings) -> list[Check]:
    """In the order in which they are told: this machine, the servers, what is on them, what the stream keeps."""
    kafka, search, folder = settings.kafka, settings.elasticsearch, settings.checkpoint
    found = [
        Check("settings", partial(configuration.configuration, settings)),
        Check("java", machine.java),
        Check("spark", machine.spark),
        Check("disk", partial(machine.disk, settings)),
        Check("ports", partial(machine.ports, settings)),
        Check("kafka", partial(topics.broker, kafka)),
        Check("topics", partial(topics.topics, kafka, folder), needs="kafka"),
        Check("kafka clock", partial(topics.clock, "kafka clock", kafka), needs="kafka"),
        Check("elasticsearch", partial(store.server, search)),
        Check("elasticsearch disk", partial(store.disks, search), needs="elasticsearch"),
        Check("elasticsearch clock", partial(store.clock, "elasticsearch clock", search), needs="elasticsearch"),
        Check("roles", partial(store.roles, search), needs="elasticsearch"),
        Check("templates", partial(store.templates, search), needs="elasticsearch", timeout=_PATIENT),
        Check("alias", partial(store.alias, search), needs="elasticsearch"),
        Check("checkpoint", partial(progress.look, folder)),
        Check("lag", partial(progress.lag, folder, kafka), needs="kafka"),
        Check("models", partial(models.models, settings.registry)),
    ]
    if shown.has_kibana(settings):
        found.append(Check("kibana", partial(shown.kibana, settings.kibana)))
    if shown.has_prometheus(settings):
        found.append(Check("prometheus", partial(shown.prometheus_, settings)))
    return found
