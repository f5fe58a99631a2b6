// Which rows of a table are written while a copy of it is on the way: triggers
// note the keys, old and new, in a log table, and what is noted is carried over
// (carry.h).
//
// A table without a key is logged as "something was written" alone. What a
// foreign key's cascade changes fires no trigger, and is not noted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

// The table alone, that start_log() makes, too.
void make_log(Session& session, const Definition& definition, const std::string& log);

// Makes the log table and the triggers <log>_i, _u and _d on `table`, which has
// that definition. They note nothing in a session where @git_rollback_carries
// is 1. Waits for the table's lock as taking_a_lock() does.
//
// `others` are the logs, already made, of the table that will have this one's name. A
// statement that MariaDB sends back from a deadlock of table locks keeps the list of tables
// that it was made with when it comes again, and fails where the triggers that are there by
// then write to others: so each side's triggers name the logs of both. They must be stopped
// before `others` are dropped.
void start_log(Session& session, const Definition& definition, const std::string& table,
               const std::string& log, const std::vector<std::string>& others = {});
// What exists of their triggers, and after a pause their tables: a statement that a
// foreign key brings to a logged table can have come by the trigger before it waits
// for the table, and fails where the log is gone by then.
void stop_logs(Session& session, const std::vector<std::string>& logs);
// After logs were looked at whose triggers these tables have: MariaDB's table cache keeps what a
// statement of ours had open as in use, and a session that has a table by LOCK TABLES can
// get that one for a trigger of another event than it writes by, and fails with error 1442.
// A statement that brings the triggers' tables along leaves it as unused.
void leave_unused(Session& session, const std::vector<std::string>& tables);
bool is_logged(Session& session, const std::string& log);
// Whether each write to `table` is noted: the log is there with all its triggers.
bool is_followed(Session& session, const std::string& table, const std::string& log);

// Distinct rows that stand in the log, or (without a key) 1 if anything does.
std::int64_t count_logged(Session& session, const Definition& definition, const std::string& log);

// A note that has no key, and stays when all that have one are carried over: the
// table is no longer what it was filled with. Carried over from a table without a
// key, it is a write like any other.
void note_of_no_row(Session& session, const std::string& log);
bool has_note_of_no_row(Session& session, const std::string& log);  // of a table with a key

// From here on the session's writes are noted in no log.
void carries(Session& session);

// "k1, k2, …": the log's columns for the key, in its order. Beside them the log has
// `seq`, which grows.
std::string log_columns(const std::vector<std::string>& key, const std::string& alias = "");

// "row.`id` = log.k1 AND …": the row whose key it is that stands in the log, or in a table
// with the log's columns for the key.
std::string same_logged_key(const std::vector<std::string>& key, const std::string& row,
                            const std::string& log);

}  // namespace rollback::mysql
