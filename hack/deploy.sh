#!/usr/bin/env bash
# Installs everything into the cluster of the current kubeconfig:
#   hack/deploy.sh KUBECTL IMAGE
# The image is set in a copy of config/, so that the tree stays as it is.
set -euo pipefail
kubectl=$1 image=$2
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# The part after the last slash may have a tag; a colon before it is a port.
tag=latest name=$image
if [[ $image == *@* ]]; then
	echo "error: $image names a digest; name the image by a tag." >&2
	exit 1
fi
if [[ ${image##*/} == *:* ]]; then
	tag=${image##*:} name=${image%:*}
fi
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r config "$copy/config"
sed -i "s|newName: .*|newName: $name|; s|newTag: .*|newTag: $tag|" "$copy/config/manager/kustomization.yaml"
"$kubectl" apply --server-side -k "$copy/config/default"
"$kubectl" --namespace ordercycle-system rollout status deployment/ordercycle-controller-manager --timeout=120s
