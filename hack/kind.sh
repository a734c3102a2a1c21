#!/usr/bin/env bash
# recado on a Kubernetes of your own machine, by kind (https://kind.sigs.k8s.io): needs docker, kind, kubectl and helm.
#   hack/kind.sh up      three workers, the image built and loaded, the operator installed
#   hack/kind.sh load    builds the image anew and lets the operator and its clusters take it
#   hack/kind.sh down    removes the cluster with everything in it
# KIND_NODE_IMAGE: the nodes' image, kind's own unless set. KIND_CLUSTER: the cluster's name, recado unless set.
set -euo pipefail
cd "$(dirname "$0")/.."

cluster=${KIND_CLUSTER:-recado}
namespace=recado

need() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "hack/kind.sh: $tool is not on PATH" >&2; exit 1; }
  done
}

config() {
  cat <<YAML
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
  - role: worker
  - role: worker
  - role: worker
YAML
}

# Every build has a tag of its own: nodes keep what they have by a tag, and the operator rolls clusters when it changes.
load() {
  docker build --quiet -t recado:kind . >/dev/null
  tag=$(docker image inspect --format '{{.Id}}' recado:kind | cut -d: -f2 | cut -c1-12)
  docker tag recado:kind "recado:$tag"
  # The pods of examples/kubernetes name the version.
  version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
  docker tag recado:kind "recado:$version"
  kind load docker-image "recado:$tag" "recado:$version" --name "$cluster"
  helm upgrade recado charts/recado --install --kube-context "kind-$cluster" --namespace "$namespace" \
    --create-namespace --set "image.tag=$tag" --wait --timeout 5m
}

case "${1:-}" in
  up)
    need docker kind kubectl helm
    config | kind create cluster --name "$cluster" --config - --wait 120s ${KIND_NODE_IMAGE:+--image "$KIND_NODE_IMAGE"}
    load
    ;;
  load)
    need docker kind kubectl helm
    load
    ;;
  down)
    need kind
    kind delete cluster --name "$cluster"
    ;;
  *)
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
