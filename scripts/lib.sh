# What the scripts have in common: messages, packages, configuring and building. Sourced, never run.
# shellcheck shell=bash

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Says what went wrong and what to do about it, and ends the script.
# die "what happened" ["what to do"]...
die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  shift
  for advice in "$@"; do printf '  %s\n' "$advice" >&2; done
  exit 1
}

# Prints the header comment of the running script, which is its help, when the first argument asks.
help_if_asked() {
  case "${1:-}" in
    -h | --help)
      awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$root/scripts/${0##*/}"
      exit 0
      ;;
  esac
}

# Compilers at once: one per core, but no more than one per 1.5 GB of memory, which Beast needs.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
  ((memory < 1)) && memory=1
  echo $((cores < memory ? cores : memory))
}

# Shows ninja's output: on a terminal progress on one line, elsewhere a line now and then;
# everything else in full; nothing when there was nothing to do. Not awk: Debian's reads in blocks.
show_progress() {
  local line next_time=0 open='' clear=$'\r\033[K'
  while IFS= read -r line; do
    case $line in
      'ninja: no work to do.' | 'ninja: Entering'* | *'Re-checking globbed'*) ;;
      '['[0-9]*/[0-9]*']'*)
        if [[ -t 1 ]]; then
          printf '%s%s' "$clear" "${line:0:${COLUMNS:-80}-1}"
          open=$clear
        elif ((SECONDS >= next_time)); then
          printf '%s\n' "$line"
          next_time=$((SECONDS + 15))
        fi
        ;;
      *)
        printf '%s%s\n' "$open" "$line"
        open=''
        ;;
    esac
  done
  printf '%s' "$open"
}

# Configures a preset unless it is configured; ninja repeats it by itself when a CMake file changes.
configure() {
  local preset=$1 log="build/$1.configure.log"
  shift
  [[ -f build/$preset/build.ninja ]] && return
  mkdir -p build
  echo "configuring build/$preset"
  if ! cmake --preset "$preset" "$@" >"$log" 2>&1; then
    cat "$log" >&2
    die "CMake could not configure build/$preset" \
      "If a package is missing: scripts/setup installs all of them." \
      "If build/$preset is left over from another machine: remove it and try again."
  fi
}

# build PRESET TARGET...: configures and builds. Quick and silent when nothing has changed.
build() {
  local preset=$1
  shift
  configure "$preset"
  if ! ninja -C "build/$preset" -j "$(build_jobs)" "$@" 2>&1 | show_progress; then
    die "the build of build/$preset failed; the compiler's messages are above" \
      "'Killed' or 'out of memory' above: try again with more memory free." \
      "To start afresh: remove build/$preset."
  fi
}
