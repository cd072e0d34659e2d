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
    """The broker and the topics.

    `max_message_bytes` is the largest value that the stream writes to its topics, which must take it
    (`max.message.bytes`, 1,048,588 by default); of a larger one they get the head.
    `retention_hours` is of topics that we make; those that are there get it by `tweetpulse setup --alter-topics`.
    `client_certificate_file` is for brokers that want one (mTLS): PEM, its key as PKCS#8 in the same file or in
    `client_key_file`, under `client_key_password` if it is encrypted.
    """

    bootstrap_servers: str = "127.0.0.1:9092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    client_certificate_file: Path | None = None
    client_key_file: Path | None = None
    client_key_password: SecretStr | None = None
    tweets_topic: str = "tweets"
    scored_topic: str = "tweets.scored"
    rejected_topic: str = "tweets.rejected"
    assistance_topic: str = "tweets.assistance"
    max_message_bytes: Annotated[int, Field(ge=10_000)] = 1_000_000
    partitions: Count = 4
    replication_factor: Count = 1
    retention_hours: Count = 168


class KibanaSettings(Section):
    """The Kibana to which `tweetpulse provision kibana` imports dashboards."""

    url: Url = "http://127.0.0.1:5601"
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    start_timeout: Seconds = 180.0
    request_timeout: Seconds = 60.0


class StreamSettings(Section):
    """The query. `cores` is Spark's `local[N]`; `master` wins over it.

    `max_record_bytes`: a larger record is rejected without being decoded.
    `max_poll_records`: how many records the JVM unpacks at once of each partition, however large they are.
    `repeat_horizon_hours`: how far back a repeated tweet is recognised; if not set, as far as documents are kept.
    `sinks`: where documents go, by name or as `module:Class`; a batch is done when all of them have it.
    """

    sinks: Annotated[tuple[str, ...], Field(min_length=1)] = ("elasticsearch",)
    checkpoint: Path | None = None
    trigger_seconds: Annotated[float, Field(ge=0)] = 1.0
    max_offsets_per_trigger: Count = 50_000
    max_record_bytes: Count = 256 * 1024
    max_poll_records: Count = 500
    starting_offsets: Literal["earliest", "latest"] = "earliest"
    cores: Count | None = None
    master: str | None = None
    driver_memory: Annotated[str, Field(pattern=r"^\d+[mg]$")] = "1g"
    publish_scored: bool = True
    accept_data_loss: bool = False
    stop_timeout: Seconds = 25.0
    repeat_horizon_hours: Count | None = None


class ScoringSettings(Section):
    """Scoring: the scorers, the languages, the tracked entities.

    `entities` maps a tracked brand to the keywords that name it (`Acme = ["acme", "@acme", "#acme"]`). `scorers` are
    names, or `module:Class`; the first one that speaks a tweet's language scores it. `languages` narrows what they
    speak. `detect_languages`: whether the language of a tweet that does not say it is looked for in its text.
    """

    scorers: Annotated[tuple[str, ...], Field(min_length=1)] = ("vader",)
    entities: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    drop_mentions: bool = True
    languages: tuple[str, ...] | None = None
    detect_languages: bool = True


class PrivacySettings(Section):
    """Privacy: the personal data that may leave the stream. docs/privacy.md says what each setting reaches.

    `authors`: their ids and names, and the handles in texts, as they are, as keyed hashes, or not at all. `redact`:
    what is taken out of texts. `keep_original`: whether a rejected record's document shows its bytes; where it is not
    set, only if nothing else is to be hidden. `key`, or the content of `key_file`, is the secret of the keyed hashes;
    without both, one is made in `folder`, which also keeps the list of what is forgotten: `privacy` in the state
    folder, where it is not set. The stream and `tweetpulse forget` must share the key and the folder.
    """

    authors: Literal["keep", "hash", "drop"] = "keep"
    redact: tuple[Literal["email", "phone"], ...] = ()
    keep_original: bool | None = None
    key: SecretStr | None = None
    key_file: Path | None = None
    folder: Folder | None = None

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
    """The registry of trained models, and what `tweetpulse retrain` learns from.

    `registry` is a folder, or a URI of HDFS or S3 (`hdfs://…`, `s3://bucket/folder`); `models` in the state
    folder where it is not set. `training` lists, by task, the files of labels (`sentiment = ["labels/*.csv:semeval"]`).
    `slice_margin` is how much worse a promoted model may be on a slice (an entity, a language), 0…1.
    `driver_memory` is of the JVM that trains.
    """

    registry: str | None = None
    training: dict[Task, tuple[Annotated[TrainingFiles, BeforeValidator(_training_files)], ...]] = Field(
        default_factory=dict
    )
    slice_margin: Annotated[float, Field(ge=0, le=1)] = 0.05
    driver_memory: Annotated[str, Field(pattern=r"^\d+[mg]$")] = "2g"


class TelemetrySettings(Section):
    """The addresses of /metrics: on loopback, unless told otherwise. Port 0 takes a free one.

    With `certificate_file` (PEM; its key in the same file or in `key_file`) it speaks TLS, with `username` and
    `password` it asks for them. `ca_file` is what `tweetpulse watch` trusts, where that is not the system's.
    """

    host: str = "127.0.0.1"
    stream_port: Port = 9108
    exporter_port: Port = 9109
    source_port: Port = 9110
    certificate_file: Path | None = None
    key_file: Path | None = None
    ca_file: Path | None = None
    username: str | None = None
    password: SecretStr | None = None


class EmbeddedSettings(Section):
    """The servers that `tweetpulse up` starts, the last two with `--dashboards`. Port 0 takes a free one."""

    kafka_port: Port = 9092
    elasticsearch_port: Port = 9200
    prometheus_port: Port = 9090
    grafana_port: Port = 3000
    kafka_heap: Annotated[str, Field(pattern=r"^\d+[mg]$")] = "512m"
    elasticsearch_heap: Annotated[str, Field(pattern=r"^\d+[mg]$")] = "1g"
    start_timeout: Seconds = 120.0
    minimum_free_bytes: Count = 2 * 1024**3


class LogSettings(Section):
    """`json`: one ECS line per event. `console`: for a person, and what it is at a terminal where it is not set."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] | None = None


def default_state_dir() -> Path:
    """`/var/lib/tweetpulse` for root (an unprivileged Elasticsearch must reach it), else the user's own."""
    return Path("/var/lib/tweetpulse") if os.geteuid() == 0 else user_state_path("tweetpulse")


def default_cache_dir() -> Path:
    """The folder of downloaded JVM parts, shared by all stacks of this user."""
    return Path("/var/cache/tweetpulse") if os.geteuid() == 0 else user_cache_path("tweetpulse")


class Settings(BaseSettings):
    """Everything that can be set. `components` holds the options of your own scorers and sinks, by their name."""

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
    cache_dir: Folder = Field(default_factory=default_cache_dir)
    kafka: KafkaSettings = KafkaSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    kibana: KibanaSettings = KibanaSettings()
    stream: StreamSettings = StreamSettings()
    scoring: ScoringSettings = ScoringSettings()
    privacy: PrivacySettings = PrivacySettings()
    models: ModelsSettings = ModelsSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    embedded: EmbeddedSettings = EmbeddedSettings()
    log: LogSettings = LogSettings()
    components: dict[str, dict[str, Any]] = {}

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
    def privacy_folder(self) -> Path:
        """The folder of the hashes' key and of the list of the forgotten."""
        return self.privacy.folder or self.state_dir / "privacy"

    @property
    def registry(self) -> str:
        """The registry of trained models: a folder or a URI."""
        return self.models.registry or str(self.state_dir / "models")


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
