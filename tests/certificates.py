"""Certificates for tests, made anew by openssl: authorities, servers and clients, as PEM files."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """A certificate and its key; both as PEM, the key as PKCS#8."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A CA of one's own, which signs with `sign`."""

    folder: Path
    pair: Pair

    @property
    def file(self) -> Path:
        """The certificate that clients must trust."""
        return self.pair.certificate

    def sign(self, name: str, *, hosts: tuple[str, ...] = ()) -> Pair:
        """A certificate of a server (`hosts`: names, or addresses), or of a client; `CN` is the name."""
        pair = Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(_extensions(hosts))
        _openssl("req", "-new", *_KEY, "-subj", f"/CN={name}", "-keyout", pair.key, "-out", request)
        _openssl(
            *("x509", "-req", "-in", request, "-out", pair.certificate, "-days", "2", "-extfile", extensions),
            *("-CA", self.pair.certificate, "-CAkey", self.pair.key, "-CAcreateserial"),
        )
        return pair


def authority(folder: Path) -> Authority:
    """Make a CA in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the servers' unprivileged user reads what it signs
    pair = Pair(folder / "ca.crt", folder / "ca.key")
    extensions = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl(
        *("req", "-x509", "-new", *_KEY, "-days", "2", "-subj", f"/CN=tweetpulse test CA {folder.name}"),
        *(*extensions, "-keyout", pair.key, "-out", pair.certificate),
    )
    return Authority(folder, pair)


def encrypted(key: Path, password: str, *scheme: str) -> Path:
    """The same key under a password, with OpenSSL's scheme of today where no other is named."""
    copy = key.with_suffix(".encrypted.key")
    _openssl("pkcs8", "-topk8", "-in", key, "-out", copy, "-passout", f"pass:{password}", *scheme)
    return copy


def of_old(key: Path) -> Path:
    """The same key as PKCS#1, which Java does not read."""
    copy = key.with_suffix(".pkcs1.key")
    _openssl("rsa", "-in", key, "-out", copy, "-traditional")
    return copy


_KEY = ("-newkey", "rsa:2048", "-noenc")


def _extensions(hosts: tuple[str, ...]) -> str:
    names = ",".join(f"{'IP' if host.replace('.', '').isdigit() else 'DNS'}:{host}" for host in hosts)
    usage = "extendedKeyUsage=serverAuth" if hosts else "extendedKeyUsage=clientAuth"
    return f"basicConstraints=CA:FALSE\n{usage}\n" + (f"subjectAltName={names}\n" if names else "")


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
