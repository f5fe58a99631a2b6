#!/bin/bash
# Backups and swaps of a MariaDB database side by side with what there is for it,
# idle and under writers, on a server of its own. Prints a table of each.
#
#   bench/database.sh [--rows N] [--rounds N] [--keep FOLDER] [--only backups|swaps]
#     [BUILD TREE]
#
# Build it with -DGIT_ROLLBACK_BENCH=ON (build/release). --rows: of the large table
# (2000000); --keep: leaves the server's data in FOLDER, and takes what is there.
# Needs mariadb-server; mydumper is compared with where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
rows=2000000 rounds=3 keep='' only='backups swaps' build=build/release
while [ $# -gt 0 ]; do
  case $1 in
  --rows) rows=$2 && shift ;;
  --rounds) rounds=$2 && shift ;;
  --keep) keep=$2 && shift ;;
  --only) only=$2 && shift ;;
  --*) sed -n '5,10s/^# *//p' "$0" >&2 && exit 129 ;;
  *) build=$1 ;;
  esac
  shift
done
build=$(realpath "$build")
case $only in backups | swaps | 'backups swaps') ;; *)
  echo "fatal: --only takes backups or swaps, not '$only'" >&2
  exit 129
  ;;
esac
[ -x "$build/bin/database" ] || {
  echo "fatal: '$build' has no benchmarks; configure it with -DGIT_ROLLBACK_BENCH=ON" >&2
  exit 128
}
scratch=$(mktemp -d)
folder=${keep:-$scratch}
mkdir -p "$folder" && folder=$(realpath "$folder")
socket=$scratch/socket
server=
finish() {
  if [ -n "$server" ]; then kill "$server" && wait "$server"; fi || true
  rm -rf "$scratch"
}
trap finish EXIT

sql() { mariadb --no-defaults -S "$socket" -N bench -e "$1"; }

start_server() {
  [ -d "$folder/data" ] ||
    mariadb-install-db --no-defaults --datadir="$folder/data" --skip-test-db \
      --auth-root-authentication-method=normal >"$scratch/install.log" 2>&1
  mariadbd --no-defaults --datadir="$folder/data" --socket="$socket" --skip-networking \
    --user="$(id -un)" --pid-file="$scratch/pid" --innodb-buffer-pool-size=2G \
    --innodb-log-file-size=1G --secure-file-priv= >"$scratch/server.log" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    mariadb --no-defaults -S "$socket" -e 'SELECT 1' >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "fatal: the server does not start: $(tail -1 "$scratch/server.log")" >&2
  exit 128
}

# A table of players: two secondary indexes, about 190 bytes a row.
table() {
  sql "CREATE TABLE $1(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL, level INT NOT NULL,
    gold BIGINT NOT NULL, guild_id INT, seen DATETIME, data VARBINARY(120),
    KEY level_gold(level, gold), KEY name(name))"
  sql "INSERT INTO $1(name, level, gold, guild_id, seen, data) SELECT concat('player', seq), seq % 80,
    seq * 7 % 100000, seq % 1000, '2026-11-01' + INTERVAL seq SECOND, repeat(char(65 + seq % 26), 110)
    FROM seq_1_to_$2"
}

now_ms() { date +%s%3N; }
# Drops what a way left; what it took is in $took (ms).
timed() {
  local began
  began=$(now_ms)
  "$@" >/dev/null
  took=$(($(now_ms) - began))
}

way_ctas() { sql "CREATE TABLE copy AS SELECT * FROM players"; }
way_like() { sql "CREATE TABLE copy LIKE players; INSERT INTO copy SELECT * FROM players"; }
way_dump() {
  mysqldump --no-defaults -S "$socket" --single-transaction bench players |
    sed 's/.players./copy/g' | mariadb --no-defaults -S "$socket" bench
}
way_mydumper() {  # it knows no --no-defaults, and copies into a database of its own
  mydumper --defaults-file=/dev/null -u root -S "$socket" -B bench -T players -o "$scratch/chunks" &&
    myloader --defaults-file=/dev/null -u root -S "$socket" -B bench_copy -d "$scratch/chunks"
}
way_ours() { "$build/bin/database" backup "$socket" players; }

clean_up() {
  local name
  sql "DROP TABLE IF EXISTS copy; DROP DATABASE IF EXISTS bench_copy"
  rm -rf "$scratch/chunks"
  sql "SELECT table_name FROM information_schema.tables WHERE table_schema = 'bench'
    AND (table_name LIKE '%\\_backup\\_2%' OR table_name LIKE '%\\_out\\_2%' OR table_name LIKE 'git\\_rollback%')" |
    while read -r name; do sql "DROP TABLE \`$name\`"; done
}

# writers THREADS TABLE...: starts them; stop_writers leaves "rate stall failed" in $load.
start_writers() {
  mkfifo "$scratch/stop"
  "$build/bin/database" writers "$socket" "$@" <"$scratch/stop" >"$scratch/load" &
  writers=$!
  exec 7>"$scratch/stop"
  sleep 2
}
stop_writers() {
  exec 7>&-
  wait "$writers"
  rm "$scratch/stop"
  load=$(cat "$scratch/load")
}

median() { sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

backups() {
  sql "SELECT count(*) FROM players" >/dev/null
  local way ways='ctas like dump ours'
  if command -v mydumper myloader >/dev/null; then ways='ctas like dump mydumper ours'; fi
  printf '\nbackup of %s rows, ms (median of %s), times CREATE TABLE AS SELECT\n' "$rows" "$rounds"
  for _ in $(seq "$rounds"); do
    for way in $ways; do
      timed "way_$way"
      echo "$took" >>"$scratch/$way"
      clean_up
    done
  done
  local base
  base=$(median <"$scratch/ctas")
  for way in $ways; do
    took=$(median <"$scratch/$way")
    printf '%-10s %8d  %s\n' "$way" "$took" "$(awk "BEGIN { printf \"%.2f\", $took / $base }")"
  done

  printf '\nthe same under 4 writers: ms, writes a second and their share, longest stall in ms, failed\n'
  start_writers 4 players && sleep 10 && stop_writers
  local free_rate=${load%% *}
  printf '%-10s %8s  %s %s\n' nothing '' "$load" 1.00
  for way in $ways; do
    start_writers 4 players
    timed "way_$way"
    stop_writers
    printf '%-10s %8d  %s %s\n' "$way" "$took" "$load" \
      "$(awk "BEGIN { printf \"%.2f\", ${load%% *} / $free_rate }")"
    clean_up
  done
}

swap_drop() {
  local table
  for table in $1; do sql "DROP TABLE $table; RENAME TABLE ${table}_new TO $table"; done
}

swaps() {
  local size count tables table way i
  printf '\nswap under 4 writers: ms (of the swap alone), writes a second, longest stall in ms, failed\n'
  for size in 1000 "$rows"; do
    for count in 1 10; do
      [ "$count" = 1 ] || [ "$size" = 1000 ] || size=$((rows / 10))
      for way in rename rename_with_triggers drop ours; do
        tables=''
        for i in $(seq "$count"); do
          sql "DROP TABLE IF EXISTS s$i, s${i}_new, s${i}_old, s${i}_log, s${i}_new_log"
          table "s$i" "$size"
          [ "$way" != drop ] || sql "CREATE TABLE s${i}_new LIKE s$i; INSERT INTO s${i}_new SELECT * FROM s$i"
          tables="$tables${tables:+ }s$i"
        done
        # shellcheck disable=SC2086
        start_writers 4 $tables
        # shellcheck disable=SC2086
        case $way in
        drop) timed swap_drop "$tables" ;;
        ours) took=$("$build/bin/database" swap "$socket" $tables) && took=${took#* } ;;
        *) took=$("$build/bin/database" "$way" "$socket" $tables) ;;
        esac
        sleep 1
        stop_writers
        printf '%-20s %8d rows x %-2d %8s  %s\n' "$way" "$size" "$count" "$took" "$load"
        for table in $tables; do
          sql "DROP TABLE IF EXISTS $table, ${table}_new, ${table}_old, ${table}_log, ${table}_new_log"
        done
        clean_up
      done
    done
  done
}

start_server
mariadb --no-defaults -S "$socket" -e 'CREATE DATABASE IF NOT EXISTS bench'
case $only in
*backups*)
  [ "$(sql "SELECT count(*) FROM information_schema.tables WHERE table_schema='bench' AND table_name='players'")" = 1 ] ||
    table players "$rows"
  ;;
esac
clean_up
mariadbd --version
for what in $only; do "$what"; done
