#!/usr/bin/env bash
# Builds one pinned tool into bin/tools, once: hack/tools/build.sh NAME
#
# NAME is the last element of a `tool` line in a go.mod below hack/tools. Tools that
# must not share their dependencies have a module of their own there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$here/../.." && pwd)/bin/tools
name=${1:?"usage: hack/tools/build.sh NAME"}

# find_tool prints the directory of the module that pins NAME, and the package.
find_tool() {
	local mod
	for mod in "$here"/go.mod "$here"/*/go.mod; do
		# `tool PACKAGE`, or PACKAGE alone on a line of a tool block
		awk -v name="$name" -v dir="${mod%/go.mod}" '
			$1 == "tool" && NF == 2 { $0 = $2 }
			NF == 1 && $1 ~ ("/" name "$") { print dir, $1 }' "$mod"
	done
}

read -r module package <<<"$(find_tool)" || true
if [[ -z ${package:-} ]]; then
	echo "error: no go.mod below $here has a tool named $name." >&2
	echo "Add it: cd hack/tools && go get -tool PACKAGE@VERSION" >&2
	exit 1
fi

# shellcheck source=build-once.sh
source "$here/build-once.sh"
prepare "$out" "$module/go.mod" "$module/go.sum" "$here/build.sh" "$here/build-once.sh"
if is_current "$name"; then exit 0; fi
lock_builds
if is_current "$name"; then exit 0; fi

echo "$name ... (some minutes the first time)"
cd "$module"
build "$name" "$package" -ldflags '-s -w'
echo "$name built in $SECONDS s"
