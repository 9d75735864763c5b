#!/usr/bin/env bash
# Checks what a reviewer should not have to: generated files are current, markers
# are spelled right, the code is formatted and lint-free, modules are tidy, and
# none of this changed the tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

state() { git status --porcelain; git diff HEAD | sha256sum; }
before=$(state)

echo "verify: generated files"
make --no-print-directory generate manifests
echo "verify: modules"
go mod tidy
echo "verify: markers"
# A mistyped marker is ignored by the generator without a word.
known='^(kubebuilder:(object:(root|generate)|ac:(generate|output:package)|subresource:status|resource:shortName|printcolumn:name|selectablefield:JSONPath|default|rbac:groups|validation:(XValidation:rule|Enum|Format|Pattern|Type|Minimum|Maximum|MinItems|MaxItems|MinLength|MaxLength|ExactlyOneOf|items:(MaxLength|XValidation:rule)))|groupName|optional|required|listType|listMapKey)$'
unknown=$(grep -rhoE '^\s*// \+[A-Za-z0-9:]+' --include='*.go' api cmd controllers | sed -E 's/^\s*\/\/ \+//; s/:$//' | sort -u | grep -vE "$known" || true)
if [[ -n $unknown ]]; then
	echo "error: markers that the generator does not know: $unknown" >&2
	echo "Correct the spelling, or add the marker to the list in hack/verify.sh." >&2
	exit 1
fi
echo "verify: lint"
make --no-print-directory lint

if [[ $(state) != "$before" ]]; then
	git --no-pager diff --stat
	git status --short
	echo "error: generated files were not current; commit what 'make generate manifests' and 'go mod tidy' changed." >&2
	exit 1
fi
echo "verify: all is well"
