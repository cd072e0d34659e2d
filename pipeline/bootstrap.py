"""Composition root: the only builder of sessions, clients and registries."""
