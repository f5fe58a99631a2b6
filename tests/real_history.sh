#!/bin/sh
# Compares a rollback with `git revert` on a history that people made: the same
# commits kept, once by `git rollback --branch-only`, once by a chain of
# `git revert --no-commit` of all the others. Not part of the test suite.
#
#   tests/real_history.sh REPOSITORY FROM TO KEPT SEED
#   tests/real_history.sh REPOSITORY windows COUNT SEED
#
# The first form goes from TO back to FROM, an ancestor of it by first parent,
# and keeps KEPT commits between them, chosen by SEED. The second one takes
# COUNT random windows of each length (50, 200, 1000 commits) with each number
# kept (0, 5, 50), and counts what came out. The repository is only read: all
# is done in clones of it. git-rollback must be on the PATH.
#
# A line for each: what came out, the window, milliseconds of either way.
#   equal        both apply, one tree            theirs  only git revert conflicts
#   DIFFERENT    both apply, other trees         ours    only the rollback conflicts
#   both         both conflict
# DIFFERENT is to be looked at: where a line went to and fro, a chain that
# applies can lose what was kept (see AKeptFixStaysThough… of the tests).
# After a conflict of the rollback, --conflicts=skip and =closure are compared,
# too: git revert is given what the rollback's commit says that it undoes;
# "none": there would be more to keep than rollback.closureLimit.
# After "equal" or so, "engines!" stands where git's plumbing alone comes to
# another tree than with libgit2, or to another verdict.
# Exit 1 where a tree is different, or the engines are.
set -eu
repository=$(git -C "$1" rev-parse --absolute-git-dir)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Prints KEPT lines of the input, chosen by SEED, in their order.
choose() {
  awk -v kept="$1" -v seed="$2" 'BEGIN { srand(seed) } { line[NR] = $0 }
    END { for (i = 1; i <= NR; ++i) if (rand() * (NR - i + 1) < kept) { print line[i]; --kept } }'
}

# What was said last is no answer.
fail() {
  cat "$scratch/said" >&2
  exit 2
}

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

prepare() {
  for clone in ours plumbing theirs; do
    git clone -q --shared --no-checkout "$repository" "$scratch/$clone"
    git -C "$scratch/$clone" config user.name "Real History"
    git -C "$scratch/$clone" config user.email "history@example.org"
    git -C "$scratch/$clone" config core.autocrlf false
    git -C "$scratch/$clone" config gc.auto 0
    git -C "$scratch/$clone" config advice.detachedHead false
  done
  for clone in ours plumbing; do
    printf 'version: 1\ncomponents:\n  all: {}\n' >"$scratch/$clone/.rollback.yml"
  done
  # With a merge driver of the user's, though no file has it, libgit2 is not asked.
  git -C "$scratch/plumbing" config merge.unused.driver false
}

# In which clone, with which --conflicts. Sets `tree` ("" after a conflict), `branch` and `took`.
roll_back() {
  git -C "$scratch/$1" update-ref --no-deref HEAD "$to"
  git -C "$scratch/$1" rollback record --at "2001-01-01 00:00" --commit "$from" \
    >"$scratch/said" 2>&1 || grep -q 'is there already' "$scratch/said" || fail
  start=$(milliseconds) status=0
  git -C "$scratch/$1" rollback --branch-only --yes --component all/code --target "$from" \
    --preserve "none$(sed 's/^/,/' "$scratch/kept" | tr -d '\n')" --conflicts="$2" \
    >"$scratch/said" 2>&1 || status=$?
  took=$(($(milliseconds) - start)) tree=
  branch=$(sed -n 's/^made the branch \(.*\) at .*/\1/p' "$scratch/said")
  if [ "$status" -eq 0 ]; then
    tree=$(git -C "$scratch/$1" rev-parse "${branch:-$to}^{tree}")
  elif ! grep -q -e 'does not apply without' -e 'is more than' "$scratch/said"; then
    fail
  fi
}

revert() {
  git -C "$scratch/theirs" checkout -q --force --detach "$to"
  git -C "$scratch/theirs" clean -qffdx
  start=$(milliseconds) status=0
  if [ -s "$scratch/gone" ]; then
    # shellcheck disable=SC2046
    git -C "$scratch/theirs" revert --no-commit -m 1 $(cat "$scratch/gone") \
      >"$scratch/said" 2>&1 || status=$?
  fi
  took=$(($(milliseconds) - start)) tree=
  if [ "$status" -eq 0 ]; then
    tree=$(git -C "$scratch/theirs" write-tree)
  fi
  git -C "$scratch/theirs" revert --quit
  git -C "$scratch/theirs" reset -q --hard
}

outcome_of() { # our tree, theirs
  case $1,$2 in
    ,) echo both ;;
    ,*) echo ours ;;
    *,) echo theirs ;;
    "$2,$1") echo equal ;;
    *) echo DIFFERENT ;;
  esac
}

compare() {
  from=$(git -C "$repository" rev-parse --verify "$1^{commit}")
  to=$(git -C "$repository" rev-parse --verify "$2^{commit}")
  git -C "$repository" rev-list --first-parent "$from..$to" >"$scratch/range"
  choose "$3" "$4" <"$scratch/range" >"$scratch/kept"
  grep -vxFf "$scratch/kept" "$scratch/range" >"$scratch/gone" || true
  window="$from..$to commits $(wc -l <"$scratch/range") kept $3 seed $4"
  roll_back plumbing stop
  engines=$tree
  roll_back ours stop
  ours=$tree ours_ms=$took
  revert
  [ "$ours" = "$engines" ] && engines= || engines=engines!
  echo "$(outcome_of "$ours" "$tree")$engines $window rollback $ours_ms ms revert $took ms"
  [ -z "$ours" ] || return 0
  for way in skip closure; do
    roll_back ours "$way"
    ours=$tree ours_ms=$took
    if [ -z "$ours" ]; then
      echo "$way:none $window rollback $ours_ms ms revert 0 ms"
      continue
    fi
    : >"$scratch/gone" # where there is no branch, all of it stays
    if [ -n "$branch" ]; then
      git -C "$scratch/ours" log -1 --format='%(trailers:key=Reverts,valueonly)' "$branch" |
        sed '/^$/d' >"$scratch/gone"
    fi
    revert
    echo "$way:$(outcome_of "$ours" "$tree") $window rollback $ours_ms ms revert $took ms"
  done
}

windows() {
  git -C "$repository" rev-list --first-parent HEAD >"$scratch/line"
  total=$(wc -l <"$scratch/line")
  for length in 50 200 1000; do
    [ "$total" -gt $((length + 1)) ] || continue
    for kept in 0 5 50; do
      [ "$kept" -lt "$length" ] || continue
      number=0
      while [ "$number" -lt "$1" ]; do
        number=$((number + 1))
        seed=$(($2 + 1000 * length + 100 * kept + number))
        at=$(awk -v seed="$seed" -v n=$((total - length)) \
          'BEGIN { srand(seed); print 1 + int(rand() * n) }')
        compare "$(sed -n "$((at + length))p" "$scratch/line")" \
          "$(sed -n "${at}p" "$scratch/line")" "$kept" "$seed" | tee -a "$scratch/results"
      done
    done
  done
  echo
  awk '{ count[$4 " commits, " $6 " kept: " $1]++; ours[$4 " commits, " $6 " kept"] += $10
      theirs[$4 " commits, " $6 " kept"] += $13 }
    END { for (key in count) print key, count[key] | "sort -n -k1,1 -k3,3"
      close("sort -n -k1,1 -k3,3")
      for (key in ours) print key ": rollback", ours[key], "ms, git revert", theirs[key], "ms" | "sort -n" }' \
    "$scratch/results"
}

prepare
if [ "$2" = windows ]; then
  windows "$3" "$4"
else
  compare "$2" "$3" "$4" "$5" | tee "$scratch/results"
fi
if grep -q -e DIFFERENT -e engines! "$scratch/results"; then
  exit 1
fi
