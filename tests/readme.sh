#!/bin/bash
# readme.sh SOURCE BIN: runs the README's tour in a scratch folder and looks at
# what it must come to; then checks the order of the README's walk.
set -euo pipefail
source=$1 bin=$2

fail() {
  echo "error: $*" >&2
  exit 1
}

scratch=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$scratch"' EXIT
export PATH=$bin:$PATH HOME=$scratch XDG_DATA_HOME=$scratch/data GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
unset XDG_CONFIG_HOME
git config --global user.name Reader
git config --global user.email reader@example.org

# --- the tour ----------------------------------------------------------------
# The ```sh blocks, in order, as one script; the last two commands are the undo.
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$source/README.md" >"$scratch/tour.sh"
sed '/^git rollback undo/,$d' "$scratch/tour.sh" >"$scratch/there.sh"
cd "$scratch"
bash -euo pipefail there.sh </dev/null >out 2>&1 || { cat out && fail "the tour broke"; }
cd tour
grep -q 'it failed: 1' ../out || fail "the bad deploy did not fail"
[ "$(cat current/server)" = "build 2" ] || fail "the build did not come back"
[ "$(cat etc/playerbot.conf)" = "rate = 1" ] || fail "the config did not come back"
names=$(sqlite3 var/characters.db "SELECT group_concat(name) FROM playerbot")
[ "$names" = "ada,ben,cat" ] || fail "rows are missing: $names"
! sqlite3 var/characters.db ".schema playerbot" | grep -q guild || fail "the schema did not come back"

sed -n '/^git rollback undo/,$p' ../tour.sh >../undo.sh
bash -euo pipefail ../undo.sh </dev/null >../out 2>&1 || { cat ../out && fail "the undo broke"; }
[ "$(cat current/server)" = "segfault" ] || fail "undo did not bring the build"
[ "$(cat etc/playerbot.conf)" = "rate = 9" ] || fail "undo did not bring the config"

# --- the walk ----------------------------------------------------------------
mapfile -t walk < <(sed -n '/<!-- walk -->/,/<!-- \/walk -->/s/^[0-9]*\. `\([^`]*\)`.*/\1/p' "$source/README.md")
[ "${#walk[@]}" -gt 10 ] || fail "the README has no walk"
before=()
for file in "${walk[@]}"; do
  [ -f "$source/$file" ] || fail "the walk names '$file', which is not there"
  for header in "${before[@]}"; do
    ! grep -qF "#include \"$header\"" "$source/$file" ||
      fail "$file includes \"$header\", which stands before it in the walk"
  done
  header=${file%.cpp}.h
  header=${header#git-rollback/}
  header=${header#store/os/}
  case $file in
    store/os/*) header=os/$header ;;
    */session/execution.cpp) header=session/rollback.h ;; # planning.cpp's, too
  esac
  before+=("$header")
done
echo "the tour works, and the walk has no way back"
