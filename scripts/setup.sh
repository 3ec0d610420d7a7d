# Sourced by ./quern and ./test: finds the SDK and installs what Debian packages are missing.

say() { printf '%s\n' "quern: $*" >&2; }

need_dotnet() {
    if ! command -v dotnet >/dev/null 2>&1; then
        say "the .NET 10 SDK is missing (no 'dotnet' in PATH). Install the package dotnet-sdk-10.0 and run this again."
        exit 2
    fi
    case $(cd "$root" && dotnet --version 2>/dev/null) in
        1[0-9].*) ;;
        *) say "the .NET 10 SDK is needed; 'dotnet --version' does not show one. Install the package dotnet-sdk-10.0."; exit 2 ;;
    esac
    export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
}

# need_apt PACKAGE...: installs those that are not there; says so; fails with the command to run by hand.
need_apt() {
    command -v dpkg-query >/dev/null 2>&1 || { say "this set-up is for Debian: dpkg is missing. Install by hand: $*"; return 1; }
    missing=""
    for package in "$@"; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
            *"ok installed") ;;
            *) missing="$missing $package" ;;
        esac
    done
    [ -z "$missing" ] && return 0
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || { say "packages are missing; run as root: apt-get install$missing"; return 1; }
        as_root=sudo
    fi
    say "installing Debian packages:$missing"
    log=$(mktemp)
    if ! { $as_root apt-get update -q >"$log" 2>&1 &&
           $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >>"$log" 2>&1; }; then
        tail -n 15 "$log" >&2
        say "apt-get could not install:$missing (its last lines are above)"
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
