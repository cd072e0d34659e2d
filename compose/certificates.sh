#!/bin/bash
# A CA and a certificate for Elasticsearch, made once; Elastic's own tool, no password on the command line.
set -euo pipefail

tool=/usr/share/elasticsearch/bin/elasticsearch-certutil
if [ ! -f /authority/ca/ca.key ]; then
  "$tool" ca --silent --pem --days 3650 --out /tmp/ca.zip
  unzip -oq /tmp/ca.zip -d /authority
fi
if [ ! -f /certificates/elasticsearch.key ]; then
  "$tool" cert --silent --pem --days 3650 --name elasticsearch --dns elasticsearch,localhost --ip 127.0.0.1 \
    --ca-cert /authority/ca/ca.crt --ca-key /authority/ca/ca.key --out /tmp/elasticsearch.zip
  unzip -ojq /tmp/elasticsearch.zip -d /certificates
fi
cp /authority/ca/ca.crt /certificates/ca.crt
cp /authority/ca/ca.crt /trust/ca.crt
chown -R 1000:0 /certificates
chmod 600 /certificates/elasticsearch.key
chmod -R go= /authority
chmod 644 /trust/ca.crt
