#!/usr/bin/python3
"""Ask a broker for the versions of its API, by a request of its protocol: the tool is in no archive of Maven Central."""

import socket
import struct
import sys

host, port = sys.argv[sys.argv.index("--bootstrap-server") + 1].split(":")
request = struct.pack(">hhih", 18, 0, 1, -1)  # ApiVersions, version 0, from a client without a name
with socket.create_connection((host, int(port)), timeout=5) as connection:
    connection.sendall(struct.pack(">i", len(request)) + request)
    answer = connection.makefile("rb").read(10)
_, correlation, error = struct.unpack(">iih", answer)
sys.exit((correlation, error) != (1, 0))
