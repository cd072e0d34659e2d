"""As much of Kubernetes as Spark's scheduler needs: an API that keeps pods, and a node that runs each as a process.

A pod's one container runs on this machine, with the variables and the command of its spec and in a folder of its own.
What the API is asked for is kept as verbs and resources, as a Role names them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Pod = dict[str, Any]


@dataclass
class FakeKubernetes:
    """An API server with a node, while `serving` runs.

    Attributes:
        folder: in which each pod has its own.
        made: the pods that were made by requests, as they were sent.
        asked: what was asked for: verb and resource.
    """

    folder: Path
    url: str = ""
    made: list[Pod] = field(default_factory=list)
    asked: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._pods: dict[str, Pod] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._changed = threading.Condition()
        self._events: list[dict[str, Any]] = []
        self._closed = False

    def add(self, pod: Pod) -> None:
        """A pod that somebody else has made, and runs."""
        pod["metadata"] |= {"uid": f"uid-{pod['metadata']['name']}", "creationTimestamp": "2026-01-01T00:00:00Z"}
        pod.setdefault("status", {"phase": "Running", "podIP": "127.0.0.1"})
        self._set("ADDED", pod)

    def make(self, pod: Pod) -> Pod:
        """A pod that a request makes; its process runs."""
        self.made.append(json.loads(json.dumps(pod)))
        self.add(pod)
        name = pod["metadata"]["name"]
        self._processes[name] = process = self._start(name, pod["spec"]["containers"][0])
        threading.Thread(target=self._watch, args=(name, process), daemon=True).start()
        return pod

    def pod(self, name: str) -> Pod | None:
        return self._pods.get(name)

    def pods(self, selector: str) -> list[Pod]:
        return [pod for pod in self._pods.values() if _is_selected(pod, selector)]

    def remove(self, name: str) -> Pod | None:
        """Ends its process, too."""
        pod = self._pods.pop(name, None)
        if pod is not None:
            with suppress(KeyError):
                self._processes[name].terminate()
            self._tell("DELETED", pod)
        return pod

    def events(self, selector: str) -> Iterator[dict[str, Any]]:
        """What becomes of pods, from now on, until the server is closed."""
        told = len(self._events)
        while not self._closed:
            with self._changed:
                if len(self._events) == told:
                    self._changed.wait(timeout=1)
                new = self._events[told:]
            told += len(new)
            yield from (event for event in new if _is_selected(event["object"], selector))

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _start(self, name: str, container: dict[str, Any]) -> subprocess.Popen[bytes]:
        folder = self.folder / name
        folder.mkdir(parents=True)
        # What a container has of its image: Java and Python; nothing that this process was told besides.
        image = {key: os.environ[key] for key in ("PATH", "HOME", "JAVA_HOME", "PYTHONPATH") if key in os.environ}
        command = [sys.executable if word == "python" else word for word in container["command"]]
        with (folder / "log").open("wb") as log:
            return subprocess.Popen(
                [*command, *container.get("args", [])],
                cwd=folder,
                env=image | _variables(name, container, folder),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _watch(self, name: str, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        pod = self._pods.get(name)
        if pod is not None:
            pod["status"] = {"phase": "Failed" if code else "Succeeded", "podIP": "127.0.0.1"}
            self._set("MODIFIED", pod)

    def _set(self, kind: str, pod: Pod) -> None:
        self._pods[pod["metadata"]["name"]] = pod
        self._tell(kind, pod)

    def _tell(self, kind: str, pod: Pod) -> None:
        with self._changed:
            pod["metadata"]["resourceVersion"] = str(len(self._events) + 1)
            self._events.append({"type": kind, "object": json.loads(json.dumps(pod))})
            self._changed.notify_all()


def _variables(name: str, container: dict[str, Any], folder: Path) -> dict[str, str]:
    known = {"status.podIP": "127.0.0.1", "metadata.name": name}
    variables = {
        one["name"]: one["value"] if "value" in one else known[one["valueFrom"]["fieldRef"]["fieldPath"]]
        for one in container["env"]
        if one.get("value") is not None or "valueFrom" in one
    }
    # No volume is mounted: a path of the container is one in the pod's folder.
    if "SPARK_LOCAL_DIRS" in variables:
        variables["SPARK_LOCAL_DIRS"] = str(folder)
    return variables


def _is_selected(pod: Pod, selector: str) -> bool:
    labels = pod["metadata"].get("labels", {})
    wanted = dict(part.split("=") for part in selector.split(",") if part and "=" in part and "!=" not in part)
    return wanted.items() <= labels.items()


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: FakeKubernetes

    def do_GET(self) -> None:
        resource, name, query = self._path()
        selector = query.get("labelSelector", [""])[0]
        if "true" in query.get("watch", []) or "1" in query.get("watch", []):
            self._stream(resource, selector)
        elif name:
            self._asked("get", resource)
            pod = self.cluster.pod(name) if resource == "pods" else None
            self._answer(200 if pod else 404, pod or _status(404))
        else:
            self._asked("list", resource)
            items = self.cluster.pods(selector) if resource == "pods" else []
            self._answer(200, {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items})

    def do_POST(self) -> None:
        resource, _, _ = self._path()
        self._asked("create", resource)
        sent = self._body()
        self._answer(201, self.cluster.make(sent) if resource == "pods" else sent)

    def do_PATCH(self) -> None:
        resource, name, _ = self._path()
        self._asked("patch", resource)
        self._body()
        self._answer(200, self.cluster.pod(name) or _status(404))

    def do_DELETE(self) -> None:
        resource, name, query = self._path()
        self._body()
        self._asked("delete" if name else "deletecollection", resource)
        selector = query.get("labelSelector", [""])[0]
        names = [name] if name else [pod["metadata"]["name"] for pod in self.cluster.pods(selector)]
        if resource == "pods":
            for one in names:
                self.cluster.remove(one)
        self._answer(200, _status(200))

    def _stream(self, resource: str, selector: str) -> None:
        # Clients ask for a web socket first, and take an ordinary answer where they get one.
        self._asked("watch", resource)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if "upgrade" in self.headers.get("Connection", "").lower():
            return
        with suppress(OSError):
            for event in self.cluster.events(selector):
                self.wfile.write(json.dumps(event).encode() + b"\n")
                self.wfile.flush()

    def _path(self) -> tuple[str, str, dict[str, list[str]]]:
        """The resource, the object's name if there is one, and the query."""
        address = urlsplit(self.path)
        # /api/v1/namespaces/NAMESPACE/RESOURCE/NAME
        parts = address.path.strip("/").split("/")[4:]
        return parts[0] if parts else "", parts[1] if len(parts) > 1 else "", parse_qs(address.query)

    def _asked(self, verb: str, resource: str) -> None:
        self.cluster.asked.add((verb, resource))

    def _body(self) -> Any:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return json.loads(data) if data else {}

    def _answer(self, code: int, content: object) -> None:
        data = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _status(code: int) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Status", "status": "Success" if code < 400 else "Failure", "code": code}


@contextmanager
def serving(folder: Path) -> Iterator[FakeKubernetes]:
    """A cluster on a free port of loopback; its processes are ended with the block."""
    cluster = FakeKubernetes(folder)
    answers = type("Api", (_Api,), {"cluster": cluster})
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    server.daemon_threads = True
    cluster.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield cluster
    finally:
        cluster.close()
        server.shutdown()
        server.server_close()
