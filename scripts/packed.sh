#!/usr/bin/env bash
# The packed program as a host gets it: installed by npm from its tarball, run by Node 22 and 24, refused with words by one
# that is too old; what it made outlives it.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
host=$folder/host
trap 'rm -rf "$folder"' EXIT

# npm pack builds dist/ anew, by taking it away first: not under whoever reads it meanwhile.
mkdir "$folder/checkout"
git ls-files -z | xargs -0 cp --parents --target-directory "$folder/checkout"
ln -s "$PWD/node_modules" "$folder/checkout/node_modules"
(cd "$folder/checkout" && npm pack --silent --pack-destination "$folder" > /dev/null)
npm install --silent --global --prefix "$folder/global" "$folder"/t3-cockpit-*.tgz
installed=$(readlink -f "$folder/global/bin/t3-cockpit")
test -e "$folder/global/share/man/man1/t3-cockpit.1"

# by VERSION ARGUMENT...: the program under this Node, by absolute paths alone.
by() {
  local version=$1
  shift
  "$folder/node-$version/node_modules/node/bin/node" "$installed" "$@"
}
for version in 20 22 24; do
  npm install --silent --no-save --prefix "$folder/node-$version" "node@$version" > /dev/null
done

refusal=$(by 20 --version 2>&1) && { echo "Node 20 was taken"; exit 1; }
[[ $refusal == *'needs Node 22.22 or newer; this is 20.'* ]] || { echo "Node 20: $refusal"; exit 1; }
for version in 22 24; do
  by "$version" --version > /dev/null
  by "$version" sandbox create "$host" --users 1 > /dev/null
  by "$version" --config "$host/config.yaml" backup > /dev/null
  by "$version" --config "$host/config.yaml" --json status > /dev/null
  [ "$version" = 24 ] || by "$version" sandbox destroy "$host" > /dev/null
done

# The program goes; what it made stays.
npm uninstall --silent --global --prefix "$folder/global" t3-cockpit
test ! -e "$folder/global/bin/t3-cockpit"
[ "$(find "$host" -path '*/cockpit/*.sqlite' | wc -l)" -eq 1 ]
[ "$(find "$host" -name journal.sqlite | wc -l)" -eq 1 ]
node_modules/node/bin/node bin/t3-cockpit.js sandbox destroy "$host" > /dev/null
echo "installed, run by Node 22 and 24, refused by 20, removed"
