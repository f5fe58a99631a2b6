#!/bin/sh
# Makes a repository with many points in FOLDER, each with a deploy, its health
# and its record in the live chain, as COUNT deploys would have left it.
#
#   bench/many_points.sh COUNT FOLDER [packed]
#
# git-rollback must be on the PATH.
set -eu
count=$1 folder=$2 packed=${3-}
now=$(date +%s)
git init -q -b main "$folder"
cd "$folder"
git config user.name "Many Points"
git config user.email "points@example.org"
mkdir src
echo 1 >src/playerbot.cpp
printf '%s\n' 'version: 1' 'components:' '  playerbot:' '    code: ["src"]' >.rollback.yml
git add .
git commit -q -m "feat: the first version"
head=$(git rev-parse HEAD)
tree=$(git hash-object -t tree -w --stdin </dev/null)
root=$(git commit-tree "$tree" -m "The history of what was live")

# A deploy every five minutes, the newest a minute ago: its commit, the point
# before it, its record and its health. Marks number the commits, for ids are
# not known yet: points are named by such a number in seven digits.
awk -v count="$count" -v head="$head" -v root="$root" -v now="$now" '
  function at(i) { return now - 60 - 300 * (count - i) }
  function id(i) { return strftime("%Y%m%dT%H%M%SZ", at(i), 1) sprintf("-%07d", i) }
  function data(text) { printf "data %d\n%s\n", length(text), text }
  function trailer(key, value) { return value == "" ? "" : "Rollback-" key ": " value "\n" }
  BEGIN {
    for (i = 1; i <= count; ++i) {
      parent = i > 1 ? id(i - 1) : ""
      before = i > 1 ? ":" i - 1 : head
      printf "commit refs/heads/main\nmark :%d\ncommitter A <a@b> %d +0000\n", i, at(i)
      data("feat: deploy " i)
      printf "from %s\nM 100644 inline src/playerbot.cpp\n", before
      data(i)
      printf "tag rollback/production/%s\nfrom %s\ntagger A <a@b> %d +0000\n", id(i), before, at(i)
      data("Rollback point " id(i) "\n\nState of production before a deploy.\n\n" \
        trailer("Format", 1) trailer("Point", id(i)) trailer("Environment", "production") \
        trailer("Host", "world1") trailer("Parent", parent) trailer("Deploy", parent) \
        trailer("Version", "1." i) trailer("Parts", "playerbot code"))
    }
    for (i = 1; i <= count; ++i) {
      print "commit refs/notes/rollback\ncommitter A <a@b> 1 +0000"
      data("Notes added")
      print "N inline :" i
      data(sprintf("{\"at\":\"%s.000Z\",\"id\":\"%016x\",\"environment\":\"production\",", \
        strftime("%Y-%m-%dT%H:%M:%S", at(i) + 5, 1), i) \
        "\"deploy\":\"" id(i) "\",\"event\":\"health\",\"score\":100}\n")
    }
  }' | git fast-import --quiet

# The chain of what was live names commits by their ids.
git rev-list --reverse "$head..main" |
  awk -v count="$count" -v root="$root" -v now="$now" '
  function at(i) { return now - 60 - 300 * (count - i) }
  function data(text) { printf "data %d\n%s\n", length(text), text }
  {
    point = strftime("%Y%m%dT%H%M%SZ", at(NR), 1) sprintf("-%07d", NR)
    printf "commit refs/rollback/production/live\ncommitter A <a@b> %d +0000\n", at(NR) + 5
    data("Deploy " substr($1, 1, 10) "\n\nRollback-Commit: " $1 "\nRollback-Parent: " point \
      "\nRollback-Deploy: " point "\nRollback-Host: world1\n")
    if (NR == 1) print "from " root
    print "merge " $1 "\n"
  }' | git fast-import --quiet
git reset -q --hard
git for-each-ref --format='create refs/rollback/%(refname:lstrip=3) %(objectname)' \
  refs/tags/rollback/ | sed 's,refs/rollback/production/,&points/,' | git update-ref --stdin
[ -z "$packed" ] || git pack-refs --all
