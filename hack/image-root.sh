#!/bin/sh
# What the image holds beside dist: one executable, node, with the libraries that it and the addons are linked to, the
# production packages without what they do not need here, and a bill of all that. No shell, no package manager, no tools.
#   hack/image-root.sh SYSTEM FOLDER      run by the Dockerfile, in a folder with every package installed
# SYSTEM is the root of the base image for the processor that FOLDER is for. Nothing in it is run, for it may be another's.
set -eu
system=$1
root=$2
node=/usr/local/bin/node

# shellcheck disable=SC2016
case $(dpkg-query --admindir="$system/var/lib/dpkg" --show --showformat='${Architecture}' libc6) in
  amd64) processor=x64 ;;
  arm64) processor=arm64 ;;
  *)
    echo "The image can be for amd64 and arm64 only" >&2
    exit 1
    ;;
esac

# No package runs a script of its own: the addons come built.
mkdir -p "$root/recado" "$root/etc" "$root/tmp"
cp package.json package-lock.json .npmrc "$root/recado"
(cd "$root/recado" && npm ci --omit=dev --ignore-scripts --os=linux --cpu="$processor" --libc=glibc)

# Addons of other platforms and what they were built from. Packages' scripts are read by node, never run by themselves.
packages=$root/recado/node_modules
find "$packages/zeromq/build" -mindepth 1 -maxdepth 1 ! -name linux ! -name manifest.json -exec rm -r {} +
find "$packages/zeromq/build/linux" -mindepth 1 -maxdepth 1 ! -name "$processor" -exec rm -r {} +
rm -rf "$packages/zeromq/src" "$packages/lmdb/src" "$packages/lmdb/dependencies" "$packages/.bin"
find "$packages" -type f -exec chmod a-x {} +

# The words are paths without spaces, and so they are below.
# shellcheck disable=SC2046
node hack/libraries.ts "$system" "$system$node" $(find "$packages" -name '*.node') >libraries
while read -r path file; do
  install -D -m "$(case $path in */ld-*) echo 755 ;; *) echo 644 ;; esac)" "$file" "$root$path"
done <libraries
install -D "$system$node" "$root$node"
cp "$system/etc/nsswitch.conf" "$root/etc"
chmod 1777 "$root/tmp"
echo 'recado:x:65532:65532::/:' >"$root/etc/passwd"
echo 'recado:x:65532:' >"$root/etc/group"

# npm bills nothing while what package.json names is missing.
(cd "$root/recado" && npm pkg delete devDependencies && npm sbom --omit=dev --sbom-format=cyclonedx --sbom-type=application) >packages.json
# shellcheck disable=SC2046
node hack/sbom.ts "$system" $(cut -d ' ' -f 1 libraries) <packages.json >"$root/recado/sbom.json"
rm "$root/recado/package-lock.json" "$root/recado/.npmrc"
