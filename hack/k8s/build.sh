#!/usr/bin/env bash
# Builds the control plane that tests and localplane run, from source through the Go
# module proxy alone, into bin/k8s. See README.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$here/../.." && pwd)/bin/k8s

# name, package and rough time on two cores with nothing compiled yet
programs=(
	"etcd go.etcd.io/etcd/server/v3 2 min"
	"kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver 8 min"
	"kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager 3 min"
	"kubectl k8s.io/kubernetes/cmd/kubectl 1 min"
)

if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
	missing=()
	for program in "${programs[@]}"; do
		read -r name _ <<<"$program"
		[[ -x $KUBEBUILDER_ASSETS/$name ]] || missing+=("$name")
	done
	if ((${#missing[@]} > 0)); then
		echo "error: KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks ${missing[*]}." >&2
		echo "Add what is missing, or unset KUBEBUILDER_ASSETS to build all four (needs only Go)." >&2
		exit 1
	fi
	echo "using the control plane in KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS"
	exit 0
fi

# shellcheck source=../tools/build-once.sh
source "$here/../tools/build-once.sh"
prepare "$out" "$here/go.mod" "$here/go.sum" "$here/build.sh" "$here/../tools/build-once.sh"

all_current() {
	local program name
	for program in "${programs[@]}"; do
		read -r name _ <<<"$program"
		is_current "$name" || return 1
	done
}

if all_current; then exit 0; fi
lock_builds

cd "$here"
# The version that the programs report is the one in go.mod, which go.sum ties to
# its source. The date is fixed, so that equal sources give equal programs.
version=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' go.mod)
IFS=. read -r major minor _ <<<"${version#v}"
flags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	flags+=" -X $package.gitVersion=$version -X $package.gitMajor=$major -X $package.gitMinor=$minor"
	flags+=" -X $package.gitTreeState=clean -X $package.buildDate=1970-01-01T00:00:00Z"
done

number=0
for program in "${programs[@]}"; do
	read -r name package estimate <<<"$program"
	number=$((number + 1)) began=$SECONDS step="[$number/${#programs[@]}] $name"
	if is_current "$name"; then
		echo "$step is up to date"
		continue
	fi
	echo "$step ... (about $estimate the first time)"
	build "$name" "$package" -ldflags "$flags"
	echo "$step built in $((SECONDS - began)) s"
done
echo "control plane $version is in $out ($SECONDS s in all)"
