#!/bin/sh
# A deploy script. The two lines after `set -e` are all that is new: a point before,
# and after it how it ended, whatever way it ends. A smoke test that fails fails
# the script. (Shorter still, where the script may stay as it is:
# `git rollback deploy -- ./deploy.sh`.)
set -e
git rollback hook pre-deploy
trap 's=$?; git rollback hook post-deploy --status "$s" || s=$((s ? s : 1)); exit "$s"' EXIT

release=releases/$(date -u +%Y%m%d%H%M%S)
mkdir -p "$release"
cp -R build/. "$release"
git rev-parse HEAD >"$release/REVISION"
ln -sfn "$release" current.new
mv -T current.new current
