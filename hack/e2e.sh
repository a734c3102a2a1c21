#!/usr/bin/env bash
# The end-to-end tests against the cluster that KUBECONFIG names, which must have the image already:
#   RECADO_IMAGE=registry.example/recado:0.1.0 hack/e2e.sh [--short] [--only TEXT]
# With a second name behind a comma (the same image under another tag) clusters are rolled to it, too.
# RECADO_NAMESPACE=recado where hack/kind.sh has installed the operator. Those that stop nodes' own daemons are left out there.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${KUBECONFIG:?names no file: which cluster is meant?}"
: "${RECADO_IMAGE:?say which image the cluster has or can pull}"
exec node bin/e2e.js "$@"
