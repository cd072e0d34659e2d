#!/bin/sh
# Runs a class of Kafka with the heap of KAFKA_HEAP_OPTS, as the script of this name in Kafka's own archive does.
exec java ${KAFKA_HEAP_OPTS:--Xmx128m} -XX:+UseSerialGC -Djava.awt.headless=true -cp '/opt/kafka/libs/*' "$@"
