#!/bin/bash
# Whole processes side by side, in one run: what a user waits for, against what
# git, a shell and other tools take for the same. Prints a table of medians, and
# of ratios to the first line of each block.
#
#   bench/processes.sh [BUILD TREE, by default build/release] [POINTS, 100000]
#
# Build it with -DGIT_ROLLBACK_BENCH=ON. Capistrano and Nix take part where they
# are installed: apt-get install capistrano nix-bin.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build/release}")
points=${2:-100000}
here=$PWD/bench
[ -x "$build/bin/side_by_side" ] || {
  echo "fatal: '$build' has no benchmarks; configure it with -DGIT_ROLLBACK_BENCH=ON" >&2
  exit 128
}
export PATH=$build/bin:$PATH LC_ALL=C.UTF-8
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/home XDG_DATA_HOME=$scratch/data GIT_CONFIG_NOSYSTEM=1
mkdir "$HOME"
git config --global user.name "A Developer"
git config --global user.email "developer@example.org"
cd "$scratch"

heading() { printf '\n%-58s %12s %8s\n' "$1" median ratio; }

reading_verbs() {
  heading "reading, $1 points"
  (
    cd "points-$1"
    id=$(git rollback list -n 1 --porcelain | awk '!/^#/ { print $1; exit }')
    sleep 1 # past the tick of the file system's clock
    git rollback status >/dev/null
    side_by_side 51 "git rev-parse HEAD" git rev-parse HEAD \
      --- "git-rollback status" git-rollback status \
      --- "git-rollback list -n 20" git-rollback list -n 20 \
      --- "git-rollback show <point>" git-rollback show "$id" \
      --- "git rollback status" git rollback status \
      --- "git rollback list -n 20" git rollback list -n 20 \
      --- "git rollback show <point>" git rollback show "$id"
  )
}

newest_points() {
  heading "the newest 20 of $1 points"
  (
    cd "points-$1"
    side_by_side 5 "git rollback list -n 20" git rollback list -n 20 \
      --- "git for-each-ref --sort=-creatordate --count=20" \
      git for-each-ref --sort=-creatordate --count=20 refs/tags/rollback
  )
}

# A service of releases alone, like those that the others switch.
service() {
  git init -q -b main service
  (
    cd service
    mkdir -p releases/1 releases/2
    echo 1 >releases/1/server
    echo 2 >releases/2/server
    ln -s releases/1 current
    printf '%s\n' 'version: 1' 'components:' '  app:' '    code: []' \
      '    binaries: { releases: releases, current: current }' >.rollback.yml
    printf '%s\n' /releases/ /current >.gitignore
    git add . && git commit -q -m one
    git rollback init >/dev/null
    git rollback deploy -- ln -sfn releases/2 current >/dev/null
  )
}

# A Capistrano application on this machine. A rollback of it removes the release
# it leaves, so there are older ones for each round.
capistrano() {
  mkdir -p cap/config/deploy
  (
    cd cap
    printf '%s\n' 'require "capistrano/setup"' 'require "capistrano/deploy"' \
      'require "capistrano/scm/git"' 'install_plugin Capistrano::SCM::Git' >Capfile
    printf '%s\n' "set :application, 'app'" "set :repo_url, '$scratch/service/.git'" \
      "set :branch, 'main'" "set :deploy_to, '$scratch/cap/app'" \
      'set :sshkit_backend, SSHKit::Backend::Local' 'set :keep_releases, 1000' \
      "set :format_options, log_file: nil" >config/deploy.rb
    echo "server 'localhost', roles: %w{app}" >config/deploy/production.rb
    cap production deploy >/dev/null
    local older
    for older in {1001..1020}; do
      cp -a "$(readlink app/current)" "app/releases/20200101$older"00
    done
  )
}

nix_profile() {
  export NIX_STORE_DIR=$scratch/nix/store NIX_STATE_DIR=$scratch/nix/var
  export NIX_LOCALSTATE_DIR=$NIX_STATE_DIR NIX_LOG_DIR=$scratch/nix/log NIX_CONF_DIR=$scratch/nix
  mkdir nix && echo 'build-users-group =' >nix/nix.conf
  local release path
  for release in 1 2; do
    path=$(nix-store --add "service/releases/$release")
    nix-env -p "$scratch/nix/profile" --set "$path"
  done
}

# Each of these goes back and forth, so that every round has something to do.
switches() {
  heading "back to the release before"
  mkdir plain && cp -a service/releases service/current plain
  local candidates=(
    "ln -s and mv -T, two processes" sh -c
    'cd "$0" && ln -s "releases/$(($(readlink current | tr -dc 12) % 2 + 1))" new && mv -T new current'
    "$scratch/plain"
    --- "git rollback --component app/binaries" git rollback --component app/binaries
    --target previous --again --yes --- "git rollback undo" git rollback undo --yes
  )
  if command -v nix-env >/dev/null; then
    nix_profile
    candidates+=(--- "nix-env --switch-generation" sh -c
      'p=$0/profile; g=$(readlink "$p" | tr -dc 12); nix-env -p "$p" --switch-generation "$((g % 2 + 1))"'
      "$scratch/nix")
  else
    echo "(no nix-env here)"
  fi
  if command -v cap >/dev/null; then
    capistrano
    candidates+=(--- "cap deploy:rollback, on this machine" sh -c
      'cd "$0" && cap production deploy:rollback'
      "$scratch/cap")
  else
    echo "(no cap here)"
  fi
  (cd service && side_by_side 11 "${candidates[@]}")
}

printf '%s, git %s, %s, %s cores\n' "$(git-rollback --version)" "$(git --version | cut -d' ' -f3)" \
  "$(date -u +%F)" "$(nproc)"
for count in 10 "$points"; do
  "$here/many_points.sh" "$count" "$scratch/points-$count" packed
  reading_verbs "$count"
done
newest_points "$points"
service
switches
