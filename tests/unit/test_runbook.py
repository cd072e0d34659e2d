"""Each cure of the runbook has a test that shows that it cures."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from functools import cache

import pytest

from tests.faults.cases import collected
from tests.paths import ROOT

Shown = Mapping[str, Sequence[str]]

_SETUP = "integration/sinks/test_setup.py"
_CURES = "integration/doctor/test_cures.py"
_COPIES = "integration/sinks/test_copies.py"
_KILLED = "integration/stream/test_faults.py"
_ARCHIVE = "integration/archive/test_reader.py"
_X = "integration/sources/twitter"
_MASTODON = "integration/sources/test_mastodon.py"
_CHAMPIONS = "unit/stream/test_champions.py"
_FULL_DISK = ["integration/sinks/test_elasticsearch.py::test_a_full_disk_is_waited_for", "faults: disk at flood stage"]
_WINDOWS = "integration/windows/test_windows.py"
_NOTED = ["integration/cli/test_noting.py::test_a_person_notes_what_is_missing"]
_LABELLED = ["integration/training/test_labels.py::test_a_label_is_kept_with_all_that_training_needs"]
_RETRAINED = ["integration/training/test_retrain.py::test_a_model_learns_from_people_and_is_promoted_only_when_better"]
_ROLLED_BACK = [
    "unit/cli/test_models.py::test_rolling_back",
    f"{_CHAMPIONS}::test_a_rollback_of_what_could_not_be_loaded",
]
_RESENT = [
    "integration/stream/test_rejected_again.py::test_after_a_fix_it_is_indexed_once",
    "integration/stream/test_rejected_again.py::test_what_is_rejected_again_is_not_sent_again",
]

SHOWN: Mapping[str, Shown] = {
    "TweetpulseStreamDown": {
        "start it again (`tweetpulse run`)": [
            f"{_KILLED}::test_a_kill_at_any_time_loses_and_doubles_nothing",
            "e2e/test_killed_stream.py::test_the_alerts_of_a_killed_stream_fire_and_resolve",
        ],
        "start it with `TWEETPULSE_STREAM__MAX_POLL_RECORDS=1`": ["faults: batches that unpack to gigabytes"],
        "whether `telemetry.stream_port` and the target in Prometheus are the same": [
            "integration/embedded/test_dashboards.py::test_prometheus_scrapes_the_stream_and_the_exporter"
        ],
    },
    "TweetpulseStreamStalled": {
        "Restart the stream": ["faults/test_world.py::test_a_killed_stream_is_started_again_and_a_frozen_one_is_ended"],
        "give it more memory (`stream.driver_memory`)": [
            "integration/stream/test_session.py::test_cores_memory_and_the_size_of_a_bulk_request"
        ],
        "a smaller `stream.max_offsets_per_trigger`": ["unit/stream/test_kafka_io.py::test_reading"],
    },
    "TweetpulseSinkDown": {
        "`connection`, `timeout`, `bad_gateway`, `gateway_timeout`: bring the server or what stands before it back": [
            f"{_KILLED}::test_an_outage_is_waited_out_while_the_metrics_keep_moving",
            "integration/stream/test_answers.py::test_bulk_answers",
        ],
        "`too_many_requests`, `unavailable`: it is overloaded; give it time": [
            "integration/stream/test_answers.py::test_bulk_answers"
        ],
        "lower `elasticsearch.bulk_documents`": [
            "integration/stream/test_session.py::test_cores_memory_and_the_size_of_a_bulk_request"
        ],
        "`read_only`: its disk is full": _FULL_DISK,
        "`index_closed`: open it (`curl -X POST http://127.0.0.1:9200/INDEX/_open`)": [
            f"{_COPIES}::test_an_index_that_can_not_be_asked_is_waited_for",
            "faults: older index closed",
        ],
        "`index_missing`: `tweetpulse setup`": [
            f"{_CURES}::test_before_set_up",
            "integration/sinks/test_elasticsearch.py::test_a_data_stream_that_is_gone_is_waited_for",
            "faults: data streams deleted",
        ],
        "`server_error`: Elasticsearch fails on its own account": [
            "integration/stream/test_answers.py::test_bulk_answers"
        ],
        "`malformed`: what answers is not Elasticsearch": ["integration/stream/test_answers.py::test_bulk_answers"],
        "`kafka`: bring the broker back": [
            "integration/stream/test_kafka_away.py::test_kafka_is_away_while_a_batch_writes_and_while_nothing_comes"
        ],
        "one of the stream's topics is gone: `tweetpulse setup` makes it": ["faults: topic of scored tweets deleted"],
    },
    "TweetpulseLagGrowing": {
        "the stream is down or waits for its sink": [
            f"{_KILLED}::test_a_minute_without_elasticsearch_in_the_middle_of_a_drain"
        ],
        "give the stream more cores (`stream.cores`)": [
            "integration/stream/test_session.py::test_cores_memory_and_the_size_of_a_bulk_request"
        ],
        "Kafka keeps the records for long enough": [
            "integration/kafka/test_publisher.py::test_another_retention_is_warned_of_and_altered_only_when_asked_for"
        ],
    },
    "TweetpulseStoreStale": {
        "compare the `elasticsearch` settings of both": [
            "integration/exporters/test_store.py::test_other_namespaces_are_left_out",
            "integration/exporters/test_store.py::test_data_streams",
        ],
    },
    "TweetpulseRecordsExpired": {
        "`tweetpulse run --accept-data-loss`": ["faults: retention overtakes the stream"],
        "Raise `kafka.retention_hours` until it has caught up: `tweetpulse setup --alter-topics`": [
            "integration/kafka/test_publisher.py::test_another_retention_is_warned_of_and_altered_only_when_asked_for",
            f"{_CURES}::test_a_topic_that_was_changed",
        ],
        "publish the lost span again": [
            "integration/stream/test_real_tweets.py::test_a_file_replayed_twice_is_indexed_once"
        ],
        "The alert ends when the stream has passed the gap": [
            "integration/exporters/test_stream_lag.py::test_records_that_expired_unread"
        ],
    },
    "TweetpulseSourceAbsent": {
        "start it again": [
            f"{_X}/test_gaps.py::test_killed_and_started_again",
            f"{_MASTODON}::test_killed_and_started_again_nothing_is_lost",
        ],
    },
    "TweetpulseSourceDisconnected": {
        "`network`, `stall`: this machine's way to the server": [
            f"{_X}/test_faults.py::test_a_connection_that_is_never_made_is_tried_ever_later",
            f"{_MASTODON}::test_nobody_there_is_waited_for",
        ],
        "`server`, `disconnected`: the server's own fault": [
            f"{_X}/test_faults.py::test_nothing_is_lost_and_nothing_twice"
        ],
    },
    "TweetpulseSourceWaiting": {
        "Bring Kafka back": ["integration/sources/test_collector.py::test_a_broker_that_is_away_is_waited_for"],
    },
    "TweetpulseSourceQuiet": {
        "a restart makes them right": [f"{_X}/test_rules.py::test_the_account_gets_our_rules_and_keeps_the_others"],
        "restart the process": [f"{_X}/test_gaps.py::test_killed_and_started_again"],
    },
    "TweetpulseSourceBudgetLow": {
        "with `--mode search` raise `twitter.search_seconds`": [
            f"{_X}/test_search_mode.py::test_a_longer_pause_spends_less_of_the_budget"
        ],
        "leave retweets out (`--retweets leave_out`)": [f"{_X}/test_rules.py::test_retweets_are_left_out"],
    },
    "TweetpulseSourceGapLost": {
        '`tweetpulse annotate --at <begin> --end <end> "no tweets of X"`': _NOTED,
    },
    "TweetpulseWindowsBehind": {
        "start it again (`tweetpulse windows`): it goes on where it stopped": [
            f"{_WINDOWS}::test_windows_equal_a_recomputation"
        ],
        "give it more memory (`windows.driver_memory`)": ["unit/windows/test_plan.py::test_as_the_streams"],
        "keep fewer lengths of windows (`windows.lengths`)": [f"{_WINDOWS}::test_old_windows"],
        "move it away (`mv`) and start it": [f"{_WINDOWS}::test_a_fuller_state_stays"],
        "move the checkpoint away, and the alert ends": [
            "integration/exporters/test_stream_lag.py::test_a_query_that_need_not_run"
        ],
    },
    "TweetpulseWindowsExpired": {
        "`tweetpulse windows --accept-data-loss` continues with the records that are left": [
            f"{_WINDOWS}::test_records_that_expired_unread"
        ],
        '`tweetpulse annotate --at <begin> --end <end> "no windows"`': _NOTED,
    },
    "TweetpulseWindowsLate": {
        "raise `windows.watermark` and restart the query": [f"{_WINDOWS}::test_a_longer_watermark"],
    },
    "TweetpulseArchiveAbsent": {
        "start it again": [
            f"{_ARCHIVE}::test_killed_at_a_point",
            f"{_ARCHIVE}::test_killed_at_random",
            f"{_ARCHIVE}::test_two_readers",
        ],
    },
    "TweetpulseArchiveWaiting": {
        "`kafka`: bring the broker back": [f"{_ARCHIVE}::test_kafka_is_waited_for"],
        "`away`: mount the disk again": [f"{_ARCHIVE}::test_a_store_that_is_away"],
        "`denied`: let the archive's user write there": [f"{_ARCHIVE}::test_killed_at_random"],
        "`full`: free some space on that disk": [f"{_ARCHIVE}::test_a_full_disk"],
    },
    "TweetpulseArchiveBehind": {
        "raise `archive.batch_records` and `archive.commit_seconds`": [f"{_ARCHIVE}::test_larger_commits"],
    },
    "TweetpulseArchiveRecordsExpired": {
        "The archive goes on with what is left": [f"{_ARCHIVE}::test_what_kafka_deleted_before_it_was_read"],
        "Publish the lost span again": [
            "integration/stream/test_real_tweets.py::test_a_file_replayed_twice_is_indexed_once"
        ],
        "(`kafka.retention_hours`, and `tweetpulse setup --alter-topics`)": [
            "integration/kafka/test_publisher.py::test_another_retention_is_warned_of_and_altered_only_when_asked_for"
        ],
    },
    "TweetpulseExporterAbsent": {
        "Start it again (`tweetpulse-exporter`)": ["integration/exporters/test_process.py::test_the_page"],
    },
    "TweetpulseCollectorFailing": {
        "Bring the server back that it asks": ["integration/exporters/test_faults.py::test_killed_servers"],
        "cluster `monitor` and, on the indices, `monitor`, `view_index_metadata` and `read`": [
            "integration/compose/test_roles.py::test_the_exporter_reads_what_it_shows"
        ],
        "with another `stream.checkpoint` than the stream": [
            "unit/exporters/test_checkpoint.py::test_a_checkpoint_that_cannot_be_read",
            "integration/exporters/test_stream_lag.py::test_lag_follows_the_checkpoint",
        ],
    },
    "TweetpulseRecordsRejected": {
        "send them again: `tweetpulse rejected replay`": _RESENT,
        "run for one `--reason`": ["unit/kafka/test_resending.py::test_the_reason_is_that_of_the_last_rejection"],
        "sent only with `--again`": [
            "unit/kafka/test_resending.py::test_again_sends_each_record_once_by_its_last_rejection"
        ],
        "`forgotten` is meant so": ["integration/stream/test_privacy.py::test_what_is_forgotten_does_not_come_back"],
    },
    "TweetpulseDocumentsFailed": {
        "`tweetpulse setup` compares templates and write indices": [
            f"{_SETUP}::test_a_template_changed_by_hand_is_restored",
            "integration/stream/test_setup.py::test_a_stream_that_rejected_goes_on",
            "faults: template changed by hand",
        ],
        "delete that one or lower its priority": [f"{_SETUP}::test_a_template_that_comes_before_ours_is_named"],
        "Then `tweetpulse rejected replay`": _RESENT,
    },
    "TweetpulseDiskFilling": {
        "shorten `elasticsearch.retention` and run `tweetpulse setup`": [
            f"{_SETUP}::test_another_retention",
            "unit/sinks/elasticsearch/test_upkeep.py::test_the_retention_of_the_settings",
        ],
        "delete the oldest backing indices (`curl -X DELETE http://127.0.0.1:9200/.ds-logs-tweets.scored-…`": [
            f"{_COPIES}::test_an_index_that_retention_deletes_meanwhile_is_no_fault_of_the_documents",
            "faults: older index deleted",
        ],
    },
    "TweetpulseDiskNearFloodStage": {"Elasticsearch lifts the block by itself": _FULL_DISK},
    "TweetpulseAliasWrong": {
        "`tweetpulse setup` puts it back": [f"{_SETUP}::test_the_alias_is_put_back"],
        "`tweetpulse setup --switch` takes it from them": [f"{_CURES}::test_elasticsearch_changed_by_hand"],
        "`setup` says so: look at the index, delete it, and run `setup` again": [
            f"{_SETUP}::test_an_index_in_the_alias_place_is_named"
        ],
    },
    "TweetpulseModelLoadFailed": {
        "bring it back: the stream tries again with each micro-batch": [
            f"{_CHAMPIONS}::test_a_registry_that_goes_away",
            f"{_CHAMPIONS}::test_a_registry_that_does_not_answer",
        ],
        "`tweetpulse models rollback --task TASK`": _ROLLED_BACK,
        "`tweetpulse models promote VERSION`": [
            f"{_CHAMPIONS}::test_another_champion_is_tried_at_once",
            "unit/cli/test_models.py::test_promoting",
        ],
        "The swap needs no restart": ["integration/stream/test_models.py::test_swaps_under_load"],
    },
    "TweetpulseModelDrifting": {
        "note it down (`tweetpulse annotate`)": _NOTED,
        "say what is right (`tweetpulse label ID LABEL`)": _LABELLED,
        "train it anew: `tweetpulse retrain`": _RETRAINED,
        "`tweetpulse models rollback --task sentiment`": _ROLLED_BACK,
    },
    "tweetpulse-negative-share-jumps": {
        '`tweetpulse annotate "what happened" --entity NAME`': _NOTED,
        "track the entity under that name, and it is left out of the scoring": [
            "unit/scoring/test_names.py::test_names_that_are_feelings_are_left_out"
        ],
    },
    "tweetpulse-complaints-waiting": {
        "`tweetpulse label ID no_complaint`": [
            "integration/training/test_labels.py::test_a_complaint_and_its_reason_are_labels_of_two_tasks"
        ],
        "`tweetpulse retrain` learns from it": _RETRAINED,
        "from the Kafka topic `tweets.assistance`": [
            "integration/stream/test_models.py::test_champions_say_what_they_think"
        ],
    },
}
"""Alert → what the runbook says to do, in its own words → the tests that do it, and see that it helps.

`faults: NAME` is a case of `make test-faults`. Not here is what no program can show: to read tweets, to enlarge a disk,
to ask somebody.
"""

CURES = [(alert, cure) for alert, cures in SHOWN.items() for cure in cures]


def runbook() -> dict[str, str]:
    """Alert → its "What to do", on one line."""
    text = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    parts = (part.split("\n", 1) for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:])
    return {name: " ".join(body.split("**What to do.**")[1].split()) for name, body in parts}


@cache
def names_in(path: str) -> frozenset[str]:
    """The tests in a file."""
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def is_there(test: str) -> bool:
    """True if there is such a test, or such a case of `make test-faults`."""
    if test.startswith("faults: "):
        return test.removeprefix("faults: ") in {case.name for case in collected()}
    path, _, name = test.partition("::")
    return name.startswith("test_") and name in names_in(path)


def test_every_alert_is_here() -> None:
    """And no other."""
    assert SHOWN.keys() == runbook().keys()


@pytest.mark.parametrize(("alert", "cure"), CURES)
def test_a_cure_is_what_the_runbook_says_and_a_test_shows_it(alert: str, cure: str) -> None:
    """In the same words, so that whoever changes the cure looks at its tests."""
    assert cure in runbook()[alert]
    shown = SHOWN[alert][cure]
    assert shown
    assert [test for test in shown if not is_there(test)] == []


@pytest.mark.parametrize("alert", runbook())
def test_no_command_or_setting_is_without_a_test(alert: str) -> None:
    """Each that the runbook names among what to do is part of a cure above."""
    told = set(re.findall(r"`[^`]+`", runbook()[alert]))
    shown = {part for cure in SHOWN[alert] for part in re.findall(r"`[^`]+`", cure)}
    assert told - shown - {"`rate_limit`", "`quota`"} == set()
