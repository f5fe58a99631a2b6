#!/bin/bash
# One rollback of code side by side with what git has for it: revert, cherry-pick,
# rebase, merge-tree. Prints a table for each repository, range and number of kept
# commits; a result that differs from the others is an error.
#
#   bench/code_rollback.sh [--quick] [--durable] [--rounds N] [--keep FOLDER]
#       [--files LIST] [--commits LIST] [--kept LIST] [BUILD TREE]
#
# Build it with -DGIT_ROLLBACK_BENCH=ON (build/release). --quick: one small case;
# --durable: git's ways again with core.fsync=committed, which ours always has;
# --keep: leaves the repositories in FOLDER, and takes those that are there; the
# lists, such as "50 1000", choose among the cases.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=5 keep='' durable='' sizes='5000 50000' ranges='50 200 1000' kepts='0 5 50' build=build/release
while [ $# -gt 0 ]; do
  case $1 in
  --quick) sizes=5000 ranges=200 kepts=5 rounds=3 ;;
  --durable) durable=durable ;;
  --rounds) rounds=$2 && shift ;;
  --keep) keep=$2 && shift ;;
  --files) sizes=$2 && shift ;;
  --commits) ranges=$2 && shift ;;
  --kept) kepts=$2 && shift ;;
  --*) sed -n '6,7s/^# *//p' "$0" >&2 && exit 129 ;;
  *) build=$1 ;;
  esac
  shift
done
build=$(realpath "$build")
[ -x "$build/bin/code_rollback" ] || {
  echo "fatal: '$build' has no benchmarks; configure it with -DGIT_ROLLBACK_BENCH=ON" >&2
  exit 128
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PATH=$build/bin:$PATH LC_ALL=C.UTF-8 GIT_CONFIG_NOSYSTEM=1
export HOME=$scratch/home XDG_DATA_HOME=$scratch/data
mkdir "$HOME"
git config --global user.name "A Developer"
git config --global user.email "developer@example.org"
git config --global gc.auto 0
git config --global advice.detachedHead false
folder=$scratch
[ -z "$keep" ] || { mkdir -p "$keep" && folder=$(realpath "$keep"); }

# Points at the base and 200 and 50 first parents before the newest, which is live.
repository() {
  [ ! -e "$folder/$1/newest" ] || return 0
  echo "making a repository of $1 files" >&2
  rm -rf "${folder:?}/$1" && mkdir "$folder/$1"
  (
    cd "$folder/$1"
    git init -q -b main repository && cd repository
    long_history "$1" 1000 | git fast-import --quiet --done
    newest=$(git rev-parse main)
    git reset -q --hard base
    git rollback init >/dev/null
    for back in 200 50 0; do
      git reset -q --hard "$newest~$back"
      sleep 1 # a point's id is its second
      git rollback deploy -- true >/dev/null
    done
    git gc -q
    cp -a .git ../state
    rm -rf ../state/objects ../state/index
    echo "$newest" >../newest
  )
}

point_before() {
  git -C "$folder/$1/repository" rollback list --porcelain |
    awk -v at="$(git -C "$folder/$1/repository" rev-parse "$(cat "$folder/$1/newest")~$2")" \
      '!/^#/ && index($0, at) { print $1; exit }'
}

printf '%s, git %s, %s, %s cores, %s\n' "$(git-rollback --version)" \
  "$(git --version | cut -d' ' -f3)" "$(date -u +%F)" "$(nproc)" \
  "$(df --output=fstype "$folder" | tail -n 1)"
for files in $sizes; do
  repository "$files"
  for range in $ranges; do
    for kept in $kepts; do
      [ "$kept" -lt "$range" ] || continue
      printf '\n%-58s %12s %8s\n' "$files files, $range commits, $kept kept" median ratio
      code_rollback "$folder/$files" "$(point_before "$files" "$range")" "$range" "$kept" \
        "$rounds" $durable
    done
  done
done
