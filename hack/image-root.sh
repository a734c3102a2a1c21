#!/bin/sh
# What the image holds beside dist: one executable, node, with the libraries that it and the addons are linked to, the
# production packages without what they do not need here, and a bill of all that. No shell, no package manager, no tools.
#   hack/image-root.sh FOLDER      run by the Dockerfile, in a folder with the production packages installed
set -eu
root=$1
node=/usr/local/bin/node

# Addons of other platforms and what they were built from. Packages' scripts are read by node, never run by themselves.
find node_modules/zeromq/build -mindepth 1 -maxdepth 1 ! -name linux ! -name manifest.json -exec rm -r {} +
rm -rf node_modules/zeromq/src node_modules/lmdb/src node_modules/lmdb/dependencies node_modules/.bin
find node_modules -type f -exec chmod a-x {} +

# Addons for other processors and libcs are linked to nothing that ldd finds.
libraries=$({ ldd "$node"; find node_modules -name '*.node' -exec ldd {} \; 2>/dev/null || true; } |
  sed -n 's/^[^/]*\(\/[^ ]*\) (0x[0-9a-f]*)$/\1/p' | sort -u)
mkdir -p "$root/recado" "$root/etc" "$root/tmp"
# The words are paths without spaces.
# shellcheck disable=SC2086
cp --parents --dereference "$node" /etc/nsswitch.conf $libraries "$root"
find "$root/lib" "$root/usr/lib" -type f ! -name 'ld-*' -exec chmod a-x {} + 2>/dev/null || true
chmod 1777 "$root/tmp"
echo 'recado:x:65532:65532::/:' >"$root/etc/passwd"
echo 'recado:x:65532:' >"$root/etc/group"

# npm bills nothing while what package.json names is missing.
npm pkg delete devDependencies
npm sbom --omit=dev --sbom-format=cyclonedx --sbom-type=application >packages.json
# shellcheck disable=SC2086
node hack/sbom.ts $libraries <packages.json >"$root/recado/sbom.json"
cp -r package.json node_modules "$root/recado/"
