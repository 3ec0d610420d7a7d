#!/bin/sh
# Builds one package on a worker. The farm sends this file beside its inputs and runs it; it needs nothing of Quern on the
# worker. POSIX sh, because a worker may be any Linux.
#
#   build.sh root ROOTS KEY TARBALL       make the template root ROOTS/KEY, once per worker
#   build.sh sandbox ROOT NETWORK         build in a sandbox over ROOT; NETWORK is yes or no
#   build.sh host                         build on the worker itself, for workers that need no isolation
#   build.sh space … / phase …            the same, further inside; not called by the farm
#
# The folder this file lies in is the job's: in/ holds what the farm sent (package.env, recipe.sh, tests.sh, leaf.pkg,
# source/, extra/, deps/), out/package.lfpkg is what it takes away.
#
# Exit codes: 90 inputs cannot be unpacked, 91 the package cannot be packed, 92 the recipe's tests failed, 96 no template
# root, 97 no sandbox on this worker; any other is the build script's own.
set -eu

say() { printf '[quern] %s\n' "$*"; }
fail() { code=$1; shift; printf '[quern] %s\n' "$*" >&2; exit "$code"; }

# ---- the template root -------------------------------------------------------------------------------------------

make_root() {
    roots=$1 key=$2 tarball=$3
    mkdir -p "$roots"
    if [ -e "$roots/$key/.quern-root" ]; then say "template root is there already"; return 0; fi
    [ -f "$tarball" ] || fail 96 "no template root at $roots/$key and no archive of it at $tarball"
    # Two places of one worker may do this at once: each unpacks into a folder of its own, and the rename of the second
    # fails because the first one's folder is not empty.
    temporary=$(mktemp -d "$roots/.new-XXXXXX")
    trap 'chmod -R u+rwx "$temporary" 2>/dev/null || :; rm -rf "$temporary"' EXIT
    gzip -dc "$tarball" | tar -x --no-same-owner -C "$temporary" || fail 96 "cannot unpack the template root into $roots"
    chmod 755 "$temporary"
    # Made by each sandbox for itself, so the archive need not have them.
    mkdir -p "$temporary/dev" "$temporary/proc" "$temporary/run" "$temporary/tmp" "$temporary/branchbuild"
    : > "$temporary/.quern-root"
    if mv -T "$temporary" "$roots/$key" 2>/dev/null; then say "template root made"
    elif [ -e "$roots/$key/.quern-root" ]; then say "template root was made by another place"
    else fail 96 "cannot put the template root at $roots/$key; remove what stands there"
    fi
}

# ---- the sandbox -------------------------------------------------------------------------------------------------

no_sandbox() { fail 97 "this worker cannot build in a sandbox: $*"; }

enter_sandbox() {
    root=$1 network=$2
    command -v bwrap >/dev/null 2>&1 || no_sandbox "the program bwrap is missing (Debian package bubblewrap)"
    command -v unshare >/dev/null 2>&1 || no_sandbox "the program unshare is missing (Debian package util-linux)"
    [ -e "$root/.quern-root" ] || fail 96 "no template root at $root"
    root=$(cd "$root" && pwd -P)
    unshare --user --map-root-user --mount true 2>/dev/null ||
        no_sandbox "user namespaces are not allowed (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces)"
    set +e
    unshare --user --map-root-user --mount /bin/sh "$job/build.sh" space "$root" "$network"
    code=$?
    set -e
    discard
    return "$code"
}

# The overlay's own work folder has mode 000 and files of the build may be read-only.
discard() {
    for folder in upper work merged lower tmp; do
        if [ -e "$job/$folder" ]; then chmod -R u+rwx "$job/$folder" 2>/dev/null || :; rm -rf "${job:?}/$folder" || :; fi
    done
}

overlay() {
    # Relative names: the worker's path may hold a comma or a colon, which the options of an overlay cannot.
    for extra in ,userxattr ''; do
        if mount -t overlay overlay -o "lowerdir=lower,upperdir=$1/upper,workdir=$1/work$extra" merged 2>/dev/null; then return 0; fi
    done
    return 1
}

inside_namespace() {
    root=$1 network=$2
    cd "$job"
    mkdir -p lower merged tmp upper work out
    mount --bind "$root" lower || no_sandbox "a bind mount in a user namespace is refused"
    if ! overlay .; then
        # The worker's own folder may lie on an overlay (a container), which cannot carry another: take memory.
        mount -t tmpfs tmpfs tmp 2>/dev/null && mkdir tmp/upper tmp/work && overlay tmp ||
            no_sandbox "an overlay mount in a user namespace is refused (Linux 5.11 or newer allows it)"
    fi
    if ! sandboxed true >/dev/null 2>&1; then
        no_sandbox "bwrap cannot make its namespaces: $(sandboxed true 2>&1 | head -n 1)"
    fi
    for phase in prepare build pack tests; do
        code=0
        sandboxed /bin/sh /branchbuild/.quern/build.sh phase "$phase" / || code=$?
        [ "$code" -eq 0 ] || end_phase "$phase" "$code"
    done
}

sandboxed() {
    set -- --clearenv --setenv PATH /usr/bin:/usr/sbin -- "$@"
    # Only packing may write what the farm takes away, and nothing of the build is alive any more by then.
    if [ "${phase:-}" = pack ]; then set -- --bind out /branchbuild/.out "$@"; fi
    if [ "$network" = yes ]; then
        if [ -e /etc/resolv.conf ]; then set -- --ro-bind /etc/resolv.conf /etc/resolv.conf "$@"; fi
    else set -- --unshare-net "$@"
    fi
    bwrap --bind merged / --dev /dev --proc /proc --tmpfs /tmp --tmpfs /run \
        --dir /branchbuild/.quern --ro-bind in /branchbuild/.quern \
        --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --hostname quern --die-with-parent --new-session \
        --chdir / "$@" < /dev/null
}

# The reserved codes stay the farm's: a build script that ends with one of them fails with 1.
end_phase() {
    case $1 in
        prepare) exit 90 ;;
        pack) exit 91 ;;
        tests) say "tests ended with $2"; exit 92 ;;
    esac
    say "build script ended with $2"
    case $2 in 9[0-9]) exit 1 ;; *) exit "$2" ;; esac
}

# ---- on the host -------------------------------------------------------------------------------------------------

on_host() {
    mkdir -p "$job/out" "$job/merged"
    for phase in prepare build pack tests; do
        code=0
        env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin /bin/sh "$job/in/build.sh" phase "$phase" "$job/merged" || code=$?
        if [ "$code" -ne 0 ]; then discard; end_phase "$phase" "$code"; fi
    done
    discard
}

# ---- phases: in the sandbox with / as the root, or on the host with a folder in its place --------------------------

phase() {
    name=$1 root=${2%/}
    base=$root/branchbuild
    if [ -z "$root" ]; then in=$base/.quern out=$base/.out; else in=$(dirname "$root")/in out=$(dirname "$root")/out; fi
    . "$in/package.env"
    package=$PKG_NAME-$PKG_VERSION
    PKG_INSTALL_DIR=$base/$package/data
    HOME=/root/ TERM=dumb LC_ALL=C.UTF-8 QUERN_JOBS=$(nproc 2>/dev/null || echo 1)
    [ -z "$root" ] || HOME=$root/root/
    export PKG_NAME PKG_VERSION PKG_REAL_VERSION PKG_INSTALL_DIR HOME TERM LC_ALL QUERN_JOBS
    if [ -e "$base/.epoch" ]; then SOURCE_DATE_EPOCH=$(cat "$base/.epoch"); export SOURCE_DATE_EPOCH; fi
    if [ -n "$root" ]; then host_paths; fi
    if [ -n "${CROSS_TARGET:-}" ]; then cross_paths; fi
    "phase_$name"
}

# The target's libraries, never the machine's own: where there is none of the target, there is none.
cross_paths() {
    PKG_CONFIG_LIBDIR=$root/usr/lib/$("$CC" -print-multiarch 2>/dev/null || echo "$CROSS_TARGET")/pkgconfig:$root/usr/share/pkgconfig
    export PKG_CONFIG_LIBDIR
}

# Whether what is built is for another processor than this machine's: its programs do not run here.
foreign() { [ -n "${CROSS_TARGET:-}" ] && [ "${CROSS_TARGET%%-*}" != "$(uname -m)" ]; }

# What is unpacked below a prefix is found through variables only; see docs/building.md for what that cannot do.
host_paths() {
    triplet=$(gcc -print-multiarch 2>/dev/null || :)
    PATH=$root/usr/bin:$root/usr/sbin:$PATH
    LD_LIBRARY_PATH=$root/usr/lib/$triplet:$root/usr/lib LIBRARY_PATH=$LD_LIBRARY_PATH
    C_INCLUDE_PATH=$root/usr/include:$root/usr/include/$triplet CPLUS_INCLUDE_PATH=$C_INCLUDE_PATH
    PKG_CONFIG_PATH=$root/usr/lib/$triplet/pkgconfig:$root/usr/lib/pkgconfig:$root/usr/share/pkgconfig
    PKG_CONFIG_SYSROOT_DIR=$root
    export PATH LD_LIBRARY_PATH LIBRARY_PATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
}

# The farm has verified the member names of every package it sends; tar itself refuses '..' and absolute names once more.
install_package() {
    file=$1
    set --
    # Programs for another processor would take the places of those that build.
    if foreign; then
        for folder in bin sbin usr/bin usr/sbin; do set -- "$@" "--exclude=*/data/$folder/*"; done
    fi
    xz -dc "$file" | tar -x --no-same-owner --keep-directory-symlink --strip-components=2 -C "$root/" --wildcards "$@" '*/data/*'
}

phase_prepare() {
    mkdir -p "$base/build" "$PKG_INSTALL_DIR" "$HOME"
    for file in "$in"/deps/*; do
        [ -e "$file" ] || continue
        say "installing ${file##*/}"
        install_package "$file" || fail 90 "cannot unpack the dependency ${file##*/}"
    done
    cd "$base/build"
    for file in "$in"/source/*; do
        [ -e "$file" ] || continue
        if tar -tf "$file" >/dev/null 2>&1; then
            say "unpacking ${file##*/}"
            tar -xf "$file" --no-same-owner || fail 90 "cannot unpack ${file##*/}"
        else cp "$file" .
        fi
    done
    # The newest file of the source dates everything that is built from it, so that two builds give the same bytes.
    newest=$(find . -type f -printf '%T@\n' | sort -n | tail -n 1)
    printf '%s\n' "${newest%%.*}" > "$base/.epoch"
    [ -s "$base/.epoch" ] && [ -n "$newest" ] || echo 315532800 > "$base/.epoch"
    for file in "$in"/extra/*; do if [ -e "$file" ]; then cp "$file" .; fi; done
}

phase_build() {
    cd "$base/build"
    say "running the build script"
    exec bash "$in/recipe.sh"
}

strip_programs() {
    elf=$(printf '\177ELF')
    grep -rlaF "$elf" data 2>/dev/null | while IFS= read -r file; do
        [ -f "$file" ] && [ ! -L "$file" ] || continue
        # 16-bit e_type after the 16 bytes of identification: 2 is a program, 3 a library or a movable program.
        case $(od -An -N17 -tx1 "$file" | tr -d ' \n') in
            7f454c46*02 | 7f454c46*03) chmod u+w "$file" && "${STRIP:-strip}" "$file" || exit 1 ;;
        esac
    done
}

phase_pack() {
    cd "$base/$package"
    odd=$(find data ! -type f ! -type d ! -type l | head -n 1)
    [ -z "$odd" ] || fail 91 "the package holds $odd, which is neither a file, a folder nor a link"
    strip_programs || fail 91 "strip failed"
    rm -f leaf.pkg
    cp "$in/leaf.pkg" leaf.pkg
    chmod -R u+rw,go-w,a+rX data
    chmod 644 leaf.pkg
    cd "$base"
    { printf '%s\0' "$package/leaf.pkg"; find "$package/data" \( -type f -o -type l -o -type d -empty \) -print0 | LC_ALL=C sort -z; } > "$base/.members"
    say "packing $(tr -cd '\0' < "$base/.members" | wc -c) members"
    tar --format=pax --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --hard-dereference \
        --owner=0 --group=0 --numeric-owner --clamp-mtime --mtime="@$SOURCE_DATE_EPOCH" \
        --no-recursion --null -T "$base/.members" -cf "$base/.package.tar" || fail 91 "tar failed"
    rm -f "$out/package.lfpkg"
    xz -T1 -2 --check=crc64 -c "$base/.package.tar" > "$out/package.lfpkg" || fail 91 "xz failed"
    cp "$out/package.lfpkg" "$base/.package.lfpkg"
    say "packed $(wc -c < "$out/package.lfpkg") bytes"
}

phase_tests() {
    [ -s "$in/tests.sh" ] || return 0
    if foreign; then say "the tests are left out: they would run programs for $CROSS_TARGET on $(uname -m)"; return 0; fi
    say "running the tests"
    install_package "$base/.package.lfpkg" || fail 92 "cannot install the package for its tests"
    cd "$base/build"
    exec bash "$in/tests.sh"
}

job=$(cd "$(dirname "$0")" && pwd -P)
verb=$1
shift
case $verb in
    root) make_root "$@" ;;
    sandbox | host)
        # The first call is on the sent file itself; the phases find it among the inputs.
        cp "$0" "$job/in/build.sh"
        if [ "$verb" = sandbox ]; then enter_sandbox "$@"; else on_host; fi
        # Nothing of the build runs any more, so what is checked here is what is uploaded.
        [ -f "$job/out/package.lfpkg" ] && [ ! -L "$job/out/package.lfpkg" ] || fail 91 "the build left no package"
        ;;
    space) inside_namespace "$@" ;;
    phase) phase "$@" ;;
    *) fail 2 "unknown verb $verb" ;;
esac
