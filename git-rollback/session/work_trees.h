// One repository can have several work trees, or none: where the stores that
// relative paths name are, and where an operation began.
#pragma once

#include <optional>
#include <string>

#include "part/part.h"
#include "session/selection.h"
#include "session/session.h"

namespace rollback {

// The name that git gave this work tree where it is a linked one; "" for the
// main one and for a bare repository.
std::string linked_work_tree(const Repository& repository);

// Usage where the repository is bare and one of these parts is named by a
// relative path.
void require_work_tree_for(const Session& session, const Selection& selection);

// Adds to a point which linked work tree it was recorded in, and says why a
// part's store cannot be reached from this one.
void note_work_tree(const Repository& repository, Point& point);
std::optional<Obstacle> in_another_work_tree(const Session& session, const Part& part,
                                             const Point& point);

// The session as it was where the operation began, whichever work tree
// --continue is typed in; where that work tree is gone, the session itself.
Repository repository_of(const Repository& here, const OperationRow& operation);

// The configuration that it began with, and a session that works there with that.
Configuration configuration_of(const OperationRow& operation);
Session session_of(const Session& here, const OperationRow& operation);

}  // namespace rollback
