#!/bin/sh
# Makes the data folder a broker's, once, and starts the broker with the configuration beside this file.
set -eu

/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id dHdlZXRwdWxzZS1zdGFjaw \
  --config /kafka/server.properties
exec /opt/kafka/bin/kafka-server-start.sh /kafka/server.properties
