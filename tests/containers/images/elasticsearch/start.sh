#!/bin/bash
# As the publisher's image starts it: settings from variables with a dot, the superuser's password in the keystore.
set -euo pipefail

[ -f config/elasticsearch.keystore ] || elasticsearch-keystore create
printf %s "$ELASTIC_PASSWORD" | elasticsearch-keystore add --force --stdin bootstrap.password
settings=()
while IFS= read -r line; do
  if [[ $line =~ ^[a-z0-9_]+(\.[a-z0-9_]+)+= ]]; then settings+=("-E$line"); fi
done < <(env)
exec elasticsearch "${settings[@]}"
