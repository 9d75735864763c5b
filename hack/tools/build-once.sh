# shellcheck shell=bash
# Sourced by the scripts that build programs of a pinned module. A program is built
# once, and whole or not at all, however many callers ask and whenever one is killed.
#
#   prepare DIR FILE...       programs go to DIR; FILE... decide what is built
#   is_current NAME           DIR/NAME is built from these files by this version of Go
#   lock_builds               wait for another build in DIR, and keep others waiting
#   build NAME PACKAGE ARG... `go build ARG... PACKAGE` in the working directory's
#                             module, as DIR/NAME

prepare() {
	once_dir=$1
	shift
	# The version of Go is part of it: a new compiler may have fixed what it builds.
	once_want=$({ cat "$@" && go env GOVERSION GOOS GOARCH; } | sha256sum | cut -d' ' -f1)
}

is_current() {
	local stamp=$once_dir/.$1.stamp
	[[ -x $once_dir/$1 && -f $stamp && $(<"$stamp") == "$once_want" ]]
}

lock_builds() {
	mkdir -p "$once_dir"
	# Kept until the script and the compiler that it started have exited.
	exec 9>"$once_dir/.lock"
	if ! flock --nonblock 9; then
		echo "another build in $once_dir is under way: waiting for it"
		flock 9
	fi
}

# build compiles under another name, so that a killed build leaves no half a program;
# the next one overwrites what it left. The stamp comes last.
build() {
	local program=$once_dir/$1 stamp=$once_dir/.$1.stamp unfinished=$once_dir/.$1.unfinished package=$2
	shift 2
	rm -f "$stamp"
	# The caller's flags and workspace must not change what is pinned here.
	GOFLAGS='' GOWORK=off go build -buildvcs=false -mod=readonly "$@" -o "$unfinished" "$package"
	mv -f "$unfinished" "$program"
	echo "$once_want" >"$unfinished"
	mv -f "$unfinished" "$stamp"
}
