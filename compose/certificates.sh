#!/bin/bash
# A CA, and certificates for Elasticsearch and Kafka, made once by openssl. The CA's key stays in a volume of its own.
set -euo pipefail
umask 077

authority=${AUTHORITY:-/authority} trust=${TRUST:-/trust}
elasticsearch=${ELASTICSEARCH_CERTIFICATES:-/certificates} kafka=${KAFKA_CERTIFICATES:-/kafka-certificates}
owner=${OWNER:-1000:0} # of both servers' processes

if [ ! -f "$authority/ca.key" ]; then
  openssl req -x509 -new -newkey rsa:3072 -noenc -days 3650 -subj "/CN=tweetpulse CA" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$authority/ca.key.new" -out "$authority/ca.crt"
  mv "$authority/ca.key.new" "$authority/ca.key"
fi

sign() { # name, folder
  openssl req -new -newkey rsa:3072 -noenc -subj "/CN=$1" -keyout "$authority/$1.key" -out "$authority/$1.csr"
  openssl x509 -req -in "$authority/$1.csr" -CA "$authority/ca.crt" -CAkey "$authority/ca.key" -CAcreateserial \
    -days 3650 -out "$2/$1.crt" -extfile /dev/stdin <<EXTENSIONS
basicConstraints=CA:FALSE
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:$1,DNS:localhost,IP:127.0.0.1
EXTENSIONS
  cat "$authority/$1.key" "$2/$1.crt" > "$2/$1.pem" # what Kafka reads: key and certificate in one file
  mv "$authority/$1.key" "$2/$1.key"
  rm "$authority/$1.csr"
}

[ -f "$elasticsearch/elasticsearch.key" ] || sign elasticsearch "$elasticsearch"
[ -f "$kafka/kafka.key" ] || sign kafka "$kafka"
cp "$authority/ca.crt" "$elasticsearch/ca.crt"
cp "$authority/ca.crt" "$trust/ca.crt"
chmod 755 "$trust" && chmod 644 "$trust/ca.crt"
chown -R "$owner" "$elasticsearch" "$kafka"
