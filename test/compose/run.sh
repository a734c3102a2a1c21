#!/usr/bin/env bash
# Builds the image, runs the whole system of compose.yaml, stops its clients and compares the servers' files.
# Usage: test/compose/run.sh [SECONDS]     how long the clients work, by default 60. Ends with 0 when the files are equal.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
files="publications.jsonl messages.jsonl registry.json"
# The image has node and no other tool.
sums='for (const path of process.argv.slice(1)) console.log(crypto.hash("sha256", fs.readFileSync(path)), path)'
lines='for (const path of process.argv.slice(1)) console.log(fs.readFileSync(path, "utf8").split("\n").length - 1, path)'
export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-recado-test}
if docker compose version >/dev/null 2>&1; then compose="docker compose"; else compose="docker-compose"; fi
# Without BuildKit (older engines) the same Dockerfile is built by the engine itself.
if ! docker buildx version >/dev/null 2>&1; then export DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0; fi

finish() {
  status=$?
  [ "$status" = 0 ] || $compose logs --tail 30
  $compose down --volumes --timeout 15
  exit "$status"
}
trap finish EXIT

# wait_for WHAT COMMAND...: until the command succeeds, at most 90 seconds
wait_for() {
  local what=$1 deadline=$((SECONDS + 90))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || { echo "compose: still not after 90 s: $what"; return 1; }
    sleep 1
  done
  echo "compose: $what (${SECONDS} s)"
}

healthy() {
  local id
  for id in $($compose ps -q); do
    [ "$(docker inspect -f '{{.State.Health.Status}}' "$id")" = healthy ] || return 1
  done
}

sums() { # of one server's files
  $compose exec -T "$1" node -e "$sums" $(printf '/data/%s ' $files) | tr -d '\r'
}

equal() {
  first=$(sums server-1) && [ "$first" = "$(sums server-2)" ] && [ "$first" = "$(sums server-3)" ]
}

$compose build
$compose up -d
wait_for "all services are healthy" healthy
echo "compose: the clients work for $seconds s"
sleep "$seconds"
$compose stop --timeout 15 client-1 client-2
wait_for "the servers' files are equal" equal
sums server-1
$compose exec -T server-1 node -e "$lines" /data/publications.jsonl /data/messages.jsonl
[ "$($compose exec -T server-1 node -e "$lines" /data/publications.jsonl | tr -d '\r')" != "0 /data/publications.jsonl" ]
echo "compose: done"
