# shellcheck shell=bash
# Sourced by the scripts beside it, from the repository's root.

say() { printf '\n== %s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# A Rust that was installed a moment ago is not on the caller's PATH yet.
use_cargo() {
  command -v cargo >/dev/null || PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  export PATH
}

# Where cargo puts the release build.
release_dir() { printf '%s/release' "${CARGO_TARGET_DIR:-$PWD/target}"; }
