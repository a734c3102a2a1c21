#!/usr/bin/env bash
# The image of every role.
#   hack/image.sh build            for this machine, as recado:VERSION
#   hack/image.sh push REGISTRY    for amd64 and arm64, as REGISTRY/recado:VERSION; needs docker with buildx, and a builder for
#                                  several platforms (docker buildx create --use)
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
revision=$(git rev-parse --verify --quiet HEAD 2>/dev/null || echo unknown)
build=(--build-arg "VERSION=$version" --build-arg "REVISION=$revision")

case "${1:-} ${2:-}" in
  'build ')
    docker build "${build[@]}" -t "recado:$version" .
    ;;
  'push '?*)
    docker buildx build "${build[@]}" --platform linux/amd64,linux/arm64 -t "$2/recado:$version" --push .
    echo "Install it: helm install recado charts/recado -n recado --create-namespace --set image.repository=$2/recado"
    ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
