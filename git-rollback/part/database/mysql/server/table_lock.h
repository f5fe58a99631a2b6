// LOCK TABLES that is given up with its scope.
#pragma once

#include <functional>

#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

class TableLock {
 public:
  TableLock(Session& session, const std::function<void()>& take) : session_(session) { take(); }
  ~TableLock() {
    try {
      release();
    } catch (const std::exception&) {  // the connection is gone, and the lock with it
    }
  }
  TableLock(const TableLock&) = delete;
  TableLock& operator=(const TableLock&) = delete;
  void release() {
    if (held_) session_.run("UNLOCK TABLES");
    held_ = false;
  }

 private:
  Session& session_;
  bool held_ = true;
};

}  // namespace rollback::mysql
