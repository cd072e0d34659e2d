"""All settings, one section per adapter, read once from the environment, `.env` or `tweetpulse.toml`.

`TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS` sets `kafka.bootstrap_servers`. Whatever is set there wins over the file,
and the file over the defaults. Nothing else of the project reads the environment. The section of a sink or of a live
source is in its folder; those of live sources are read by whoever collects from them.
"""

from __future__ import annotations

import os
import re
from itertools import takewhile
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any, Literal, TypeVar

from platformdirs import user_cache_path, user_state_path
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, create_model
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from pipeline import setting_names
from pipeline.domain.prediction import Task
from pipeline.errors import ConfigError
from pipeline.section import Count, Folder, Port, Seconds, Section, Url
from pipeline.sinks.elasticsearch.settings import ElasticsearchSettings

SectionT = TypeVar("SectionT", bound=Section)


class KafkaSettings(Section):
    """The broker and the topics."""

    bootstrap_servers: str = "127.0.0.1:9092"
    """The broker, as `host:port`; several with commas."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """`SSL` and `SASL_SSL` use TLS; `SASL_PLAINTEXT` and `SASL_SSL` send a user and a password."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    """How the password is sent; needed with `SASL_PLAINTEXT` and `SASL_SSL`."""
    username: str | None = None
    """The user of SASL."""
    password: SecretStr | None = None
    """The password of SASL."""
    ca_file: Path | None = None
    """The certificates that signed the broker's (PEM); those of this machine where it is not set."""
    client_certificate_file: Path | None = None
    """For brokers that want one (mTLS): PEM, with its key in the same file or in `client_key_file`."""
    client_key_file: Path | None = None
    """The certificate's key: PEM, as PKCS#8."""
    client_key_password: SecretStr | None = None
    """The password of the key, if it is encrypted."""
    tweets_topic: str = "tweets"
    """The topic that sources write to and the stream reads."""
    scored_topic: str = "tweets.scored"
    """The topic of scored tweets."""
    rejected_topic: str = "tweets.rejected"
    """The topic of rejected records, with their original bytes."""
    assistance_topic: str = "tweets.assistance"
    """The topic of complaints."""
    max_message_bytes: Annotated[int, Field(ge=10_000)] = 1_000_000
    """The largest value that the stream writes to its topics; of a larger one they get the head.

    The topics must take it (`max.message.bytes`, 1,048,588 by default).
    """
    partitions: Count = 4
    """The partitions of a topic that we make."""
    replication_factor: Count = 1
    """The replicas of a topic that we make; 3 in production."""
    retention_hours: Count = 168
    """How long topics that we make keep records; those that are there get it by `tweetpulse setup --alter-topics`."""


class KibanaSettings(Section):
    """The Kibana to which `tweetpulse provision kibana` imports dashboards."""

    url: Url = "http://127.0.0.1:5601"
    """Where Kibana listens."""
    username: str | None = None
    """A user that may import saved objects and rules."""
    password: SecretStr | None = None
    """That user's password."""
    ca_file: Path | None = None
    """The certificates that signed Kibana's (PEM); those of this machine where it is not set."""
    grafana_url: Url = "http://127.0.0.1:3000"
    """Where links in the dashboards lead: the Grafana that has the boards, as browsers reach it."""
    start_timeout: Seconds = 180.0
    """Seconds to wait until Kibana is ready."""
    request_timeout: Seconds = 60.0
    """Seconds that a request may take."""


class StreamSettings(Section):
    """The query."""

    sinks: Annotated[tuple[str, ...], Field(min_length=1)] = ("elasticsearch",)
    """Where documents go, by name or as `module:Class`; a batch is done when all of them have it."""
    checkpoint: Path | None = None
    """The folder of the stream's offsets; `checkpoints/score` in the state folder where it is not set."""
    trigger_seconds: Annotated[float, Field(ge=0)] = 1.0
    """Seconds from the start of one batch to the start of the next; 0 starts the next at once."""
    max_offsets_per_trigger: Count = 50_000
    """How many records a batch reads at most."""
    max_record_bytes: Count = 256 * 1024
    """A larger record is rejected without being decoded."""
    max_poll_records: Count = 500
    """How many records the JVM unpacks at once of each partition, however large they are."""
    starting_offsets: Literal["earliest", "latest"] = "earliest"
    """Where the very first batch begins, when there is no checkpoint yet."""
    cores: Count | None = None
    """Spark's `local[N]`; all cores of the machine where it is not set."""
    master: str | None = None
    """Spark's master, such as `spark://host:7077` or `k8s://https://host:443`; it wins over `cores`."""
    spark_conf: dict[Annotated[str, Field(pattern=r"^spark\.")], str] = Field(default_factory=dict)
    """Spark's own properties, such as `spark.executor.memory`; those that the stream sets itself are refused."""
    driver_memory: Annotated[str, Field(pattern=r"^\d+[mg]$")] = "1g"
    """The heap of Spark's JVM."""
    publish_scored: bool = True
    """Whether scored tweets go to `kafka.scored_topic` too."""
    accept_data_loss: bool = False
    """Whether the stream goes on where Kafka has deleted unread records; as `tweetpulse run --accept-data-loss`."""
    stop_timeout: Seconds = 25.0
    """Seconds that a batch may take to finish after Ctrl-C or SIGTERM."""
    repeat_horizon_hours: Count | None = None
    """How far back a repeated tweet is recognised; if not set, as far as documents are kept."""


Span = Annotated[str, Field(pattern=r"^[1-9]\d{0,4}[smhd]$")]
"""A length of time, such as `1m`, `6h`, `1d`."""


class WindowsSettings(Section):
    """The long series: `tweetpulse windows`, a query of its own over the topic of scored tweets."""

    lengths: Annotated[dict[Span, Annotated[str, Field(pattern=r"^[1-9]\d{0,3}[dy]$")]], Field(min_length=1)] = Field(
        default={"1m": "30d", "1h": "5y"}
    )
    """The lengths of windows (`1m`, `1h`, `1d`), each with how long its windows are kept (`30d`, `5y`).

    Windows begin at multiples of their length since 1970, in UTC. Indices are deleted when all of their windows are too
    old: those of a month, or of a year for windows of an hour and more.
    """
    watermark: Span = "1h"
    """How far behind the newest tweet, by event time, a tweet may come and still be counted; a later one is late.

    A tweet that comes twice within that time is counted once.
    """
    checkpoint: Path | None = None
    """The folder of the query's offsets and open windows; `checkpoints/windows` in the state folder if not set."""
    trigger_seconds: Annotated[float, Field(ge=0)] = 10.0
    """Seconds from the start of one batch to the start of the next; 0 starts the next at once."""
    max_offsets_per_trigger: Count = 50_000
    """How many records a batch reads at most."""
    cores: Count = 2
    """Spark's `local[N]`. How many partitions of state there are is settled by the first start with a checkpoint."""
    driver_memory: Annotated[str, Field(pattern=r"^\d+[mg]$")] = "1g"
    """The heap of Spark's JVM; most of the query's state is outside of it, on the disk."""


class ScoringSettings(Section):
    """Scoring: the scorers, the languages, the tracked entities."""

    scorers: Annotated[tuple[str, ...], Field(min_length=1)] = ("vader",)
    """Names, or `module:Class`; the first one that speaks a tweet's language scores it."""
    entities: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """The tracked brands, each with the keywords that name it (`Acme = ["acme", "@acme", "#acme"]`)."""
    drop_mentions: bool = True
    """Whether @mentions and names of tracked brands are left out of what is scored."""
    languages: tuple[str, ...] | None = None
    """Narrows the languages that the scorers speak."""
    detect_languages: bool = True
    """Whether the language of a tweet that does not say it is looked for in its text."""


class PlacesSettings(Section):
    """Where tweets are from; docs/geo.md has the rule."""

    profiles: bool = True
    """Whether a tweet without coordinates and place gets the place that its author's profile names."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How sure a place of a profile must be; below that its country is taken, if that is as sure, or else nothing."""


class PrivacySettings(Section):
    """Privacy: the personal data that may leave the stream. docs/privacy.md says what each setting reaches.

    The stream and `tweetpulse forget` must share the key and the folder.
    """

    authors: Literal["keep", "hash", "drop"] = "keep"
    """Ids and names of authors, and handles in texts: stored as they are, as keyed hashes, or not at all."""
    redact: tuple[Literal["email", "phone"], ...] = ()
    """What is replaced in texts, such as an address by `[email]`."""
    keep_original: bool | None = None
    """Whether a rejected record's document shows its bytes; if not set, only if nothing else is to be hidden."""
    key: SecretStr | None = None
    """The secret of the keyed hashes; where neither it nor `key_file` is set, one is made in `folder`."""
    key_file: Path | None = None
    """A file that holds the key."""
    folder: Folder | None = None
    """Keeps the key and the list of what is forgotten; `privacy` in the state folder where it is not set."""

    @property
    def shows_original(self) -> bool:
        """True if the document of a rejected record shows its bytes."""
        return not (self.hides_authors or self.redact) if self.keep_original is None else self.keep_original

    @property
    def hides_authors(self) -> bool:
        """True if authors are hashed or dropped."""
        return self.authors != "keep"


class TrainingFiles(Section):
    """Files of labels: `path` may hold `*`, and starts at the working folder; `layout` as `tweetpulse train` has them.

    `"labels/*.csv:semeval"` is short for a path with a layout.
    """

    path: str
    layout: str | None = None
    columns: str | None = None


def _training_files(written: object) -> object:
    if not isinstance(written, str):
        return written
    found = re.fullmatch(r"(.+):([a-z_]+)", written)
    return {"path": found[1], "layout": found[2]} if found else {"path": written}


class ModelsSettings(Section):
    """The registry of trained models, and what `tweetpulse retrain` learns from."""

    registry: str | None = None
    """A folder, or a URI of HDFS or S3 (`hdfs://…`, `s3://bucket/folder`); if not set, `models` in the state folder."""
    training: dict[Task, tuple[Annotated[TrainingFiles, BeforeValidator(_training_files)], ...]] = Field(
        default_factory=dict
    )
    """The files of labels, by task (`sentiment = ["labels/*.csv:semeval"]`).

    Each is a path, which may hold `*`, with a layout behind a colon or without, or a table of these and of columns, as
    `tweetpulse train` has them.
    """
    slice_margin: Annotated[float, Field(ge=0, le=1)] = 0.05
    """How much worse a promoted model may be on a slice (an entity, a language)."""
    driver_memory: Annotated[str, Field(pattern=r"^\d+[mg]$")] = "2g"
    """The heap of the JVM that trains."""


class ArchiveSettings(Section):
    """The raw archive, which `tweetpulse archive run` writes as a Delta table."""

    uri: Url | None = None
    """A folder, or a URI such as `s3://bucket/folder` or `hdfs://host:8020/folder`;
    if not set, `archive` in the state folder."""
    storage_options: dict[str, SecretStr] = Field(default_factory=dict)
    """Access to a store elsewhere, such as `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`."""
    commit_seconds: Seconds = 30.0
    """Seconds between two commits; sooner where a batch is full."""
    batch_records: Count = 50_000
    """How many records a commit holds at most."""
    batch_bytes: Count = 64 * 1024**2
    """After so many bytes of keys and values a batch is full; what was fetched together stays together."""


class TelemetrySettings(Section):
    """The addresses of /metrics: on loopback, unless told otherwise."""

    host: str = "127.0.0.1"
    """The address at which /metrics listens."""
    stream_port: Port = 9108
    """The port of the stream's /metrics; 0 takes a free one."""
    exporter_port: Port = 9109
    """The port of the exporter's /metrics; 0 takes a free one."""
    source_port: Port = 9110
    """The port of a collector's /metrics, one for each process; 0 takes a free one."""
    windows_port: Port = 9111
    """The port of the /metrics of `tweetpulse windows`; 0 takes a free one."""
    archive_port: Port = 9112
    """The port of the /metrics of `tweetpulse archive run`; 0 takes a free one."""
    certificate_file: Path | None = None
    """With it /metrics speaks TLS: PEM, its key in the same file or in `key_file`."""
    key_file: Path | None = None
    """The certificate's key (PEM)."""
    ca_file: Path | None = None
    """What `tweetpulse watch` trusts, where that is not the system's."""
    username: str | None = None
    """The user that /metrics asks for; without it and `password`, everybody who reaches it may read."""
    password: SecretStr | None = None
    """The password that /metrics asks for."""


class EmbeddedSettings(Section):
    """The servers that `tweetpulse up` starts, Prometheus and Grafana with `--dashboards`."""

    kafka_port: Port = 9092
    """Where Kafka listens; 0 takes a free port."""
    elasticsearch_port: Port = 9200
    """Where Elasticsearch listens; 0 takes a free port."""
    prometheus_port: Port = 9090
    """Where Prometheus listens; 0 takes a free port."""
    grafana_port: Port = 3000
    """Where Grafana listens; 0 takes a free port."""
    kafka_heap: Annotated[str, Field(pattern=r"^\d+[mg]$")] = "512m"
    """The heap of Kafka's JVM."""
    elasticsearch_heap: Annotated[str, Field(pattern=r"^\d+[mg]$")] = "1g"
    """The heap of Elasticsearch's JVM."""
    start_timeout: Seconds = 120.0
    """Seconds that a server may take to answer."""
    minimum_free_bytes: Count = 2 * 1024**3
    """With less room on the disk, no server is started."""


class LogSettings(Section):
    """The log of the commands, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Lines below this level are not logged."""
    format: Literal["json", "console"] | None = None
    """`json`: one ECS line per event. `console`: for a person, and what it is at a terminal where it is not set."""


def default_state_dir() -> Path:
    """`/var/lib/tweetpulse` for root (an unprivileged Elasticsearch must reach it), else the user's own."""
    return Path("/var/lib/tweetpulse") if os.geteuid() == 0 else user_state_path("tweetpulse")


def default_cache_dir() -> Path:
    """The folder of downloaded JVM parts, shared by all stacks of this user."""
    return Path("/var/cache/tweetpulse") if os.geteuid() == 0 else user_cache_path("tweetpulse")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="TWEETPULSE_",
        env_nested_delimiter="__",
        env_file=".env",
        toml_file="tweetpulse.toml",
        frozen=True,
        # The sections of live sources are read elsewhere, and typos are found by `_require_known_names`.
        extra="ignore",
    )

    state_dir: Folder = Field(default_factory=default_state_dir)
    """Data, checkpoints, models, logs; `/var/lib/tweetpulse` for root, else `~/.local/state/tweetpulse` on Linux."""
    cache_dir: Folder = Field(default_factory=default_cache_dir)
    """Downloads; `/var/cache/tweetpulse` for root, else `~/.cache/tweetpulse` on Linux."""
    kafka: KafkaSettings = KafkaSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    kibana: KibanaSettings = KibanaSettings()
    stream: StreamSettings = StreamSettings()
    windows: WindowsSettings = WindowsSettings()
    scoring: ScoringSettings = ScoringSettings()
    places: PlacesSettings = PlacesSettings()
    privacy: PrivacySettings = PrivacySettings()
    models: ModelsSettings = ModelsSettings()
    archive: ArchiveSettings = ArchiveSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    embedded: EmbeddedSettings = EmbeddedSettings()
    log: LogSettings = LogSettings()
    components: dict[str, dict[str, Any]] = {}
    """The options of your own scorers and sinks, by their name."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then `.env`, then `tweetpulse.toml`."""
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def checkpoint(self) -> Path:
        """The folder of the stream's offsets."""
        return self.stream.checkpoint or self.state_dir / "checkpoints" / "score"

    @property
    def windows_checkpoint(self) -> Path:
        """The folder of the offsets and the open windows of `tweetpulse windows`."""
        return self.windows.checkpoint or self.state_dir / "checkpoints" / "windows"

    @property
    def privacy_folder(self) -> Path:
        """The folder of the hashes' key and of the list of the forgotten."""
        return self.privacy.folder or self.state_dir / "privacy"

    @property
    def registry(self) -> str:
        """The registry of trained models: a folder or a URI."""
        return self.models.registry or str(self.state_dir / "models")

    @property
    def archive_uri(self) -> str:
        """The raw archive: a folder or a URI."""
        return self.archive.uri or str(self.state_dir / "archive")


OF_SOURCES = ("twitter", "mastodon")
"""Sections that live sources read themselves (`load_section`): those of `pipeline.sources.table`."""

SettingsT = TypeVar("SettingsT", bound=Settings)


def load(**overrides: Any) -> Settings:
    """The settings, or a ConfigError that names the first wrong one without its value."""
    return _read(Settings, overrides)


def load_section(name: str, kind: type[SectionT]) -> SectionT:
    """A section that its owner alone needs, such as a source's with its token; from where all settings come.

    Raises:
        ConfigError: it names the first wrong setting without its value.
    """
    # With one more section, so that this one is read and checked like all others.
    whole = create_model("Settings", __base__=Settings, **{name: (kind, Field(default_factory=kind))})  # type: ignore[call-overload]
    section: SectionT = getattr(_read(whole, {}), name)
    return section


def _read(model: type[SettingsT], overrides: dict[str, Any]) -> SettingsT:
    try:
        _require_known_names(model)
        return model(**overrides)
    except ValidationError as error:
        raise ConfigError(_first_fault(error)) from None
    except SettingsError as error:
        raise ConfigError(_not_json(error)) from None
    except TOMLDecodeError:
        raise ConfigError("tweetpulse.toml is not TOML: mend it, or move it away") from None
    except UnicodeDecodeError:
        raise ConfigError("tweetpulse.toml or .env is not UTF-8: mend it, or move it away") from None
    except OSError as error:
        raise ConfigError(f"{error.filename} can't be read ({error.strerror}): mend it, or move it away") from None


def _require_known_names(model: type[Settings]) -> None:
    """The library overlooks what it does not know outside of sections: a typo would be silent."""
    others = tuple(name for name in OF_SOURCES if name not in model.model_fields)
    for source in (EnvSettingsSource(model), DotEnvSettingsSource(model)):
        if told := setting_names.unknown_variable(source.env_vars, model, others):
            raise ConfigError(told)
    if told := setting_names.unknown_key(TomlConfigSettingsSource(model).toml_data, model, others):
        raise ConfigError(f"tweetpulse.toml: {told}")


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    path = tuple(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return setting_names.unknown(path, Settings)
    # What lies in a list has no variable of its own.
    name = setting_names.variable(tuple(takewhile(lambda part: not part.isdigit(), path)))
    return f"{'.'.join(path)} is wrong: {fault['msg']}; set {name} or mend tweetpulse.toml"


def _not_json(error: SettingsError) -> str:
    # The library names the section only.
    section = re.search(r'field "(\w+)"', str(error))
    name = f"TWEETPULSE_{section[1].upper() if section else ''}"
    return f"{name}, or a list or table in it ({name}__*), is not JSON: write it as JSON, or set it in tweetpulse.toml"
