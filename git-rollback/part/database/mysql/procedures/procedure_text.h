// The text of the procedures, with words in braces for what differs by table.
#pragma once

namespace rollback::mysql {

// {name} {comment} {obstacle} {table} {component} {lock} {incoming} {displaced}: names and
// literals as SQL has them. {run: EXPRESSION}: carries out the statement that it is.
extern const char* const rollback_procedure;

// {name} {comment}: what stands in the way, as the one sees it who installed it,
// since whoever calls may not see triggers and keys.
extern const char* const obstacle_procedure;

}  // namespace rollback::mysql
