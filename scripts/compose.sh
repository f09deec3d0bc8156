# shellcheck shell=bash
# Sourced by the scripts that use compose.yaml, after common.sh.

# Docker's plugin, or the program of Debian 12.
compose() {
  if docker compose version >/dev/null 2>&1; then
    docker compose "$@"
  elif command -v docker-compose >/dev/null; then
    docker-compose "$@"
  else
    die "neither 'docker compose' nor docker-compose (1.29 or newer) is installed"
  fi
}

# The user of the images, whose files the secrets have to be.
IMAGE_USER=65532

# What Compose goes by: the environment, then the file .env, then the default.
variable() {
  local name=$1 default=$2 value=${!1-}
  if [[ -z $value && -f .env ]]; then value=$(sed -n "s/^$name=//p" .env | tail -n 1); fi
  printf -v "$name" '%s' "${value:-$default}"
}

variable TOOLS_IMAGE invoice-ocr-tools:0.1.0
variable SECRETS ./secrets
