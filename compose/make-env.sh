#!/bin/sh
# Writes compose/.env: .env.example with a random secret wherever one is missing. An .env that is there stays.
set -eu

cd "$(dirname "$0")"
if [ -e .env ]; then
  echo "compose/.env is there already: remove it first for new secrets" >&2
  exit 1
fi
umask 077
while IFS= read -r line; do
  case "$line" in
    *=) printf '%s%s\n' "$line" "$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')" ;;
    *) printf '%s\n' "$line" ;;
  esac
done < .env.example > .env
echo "wrote compose/.env"
